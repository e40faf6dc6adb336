"""What every layer leans on: settings, the database, security, errors, pages, logs."""
