"""The lessons as a site: gathered from the repository's own files, built by Zensical, served on this machine."""
