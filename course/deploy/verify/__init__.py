"""`course verify`: does a deployed stage keep its promises, and where it does not, which lesson explains them?"""
