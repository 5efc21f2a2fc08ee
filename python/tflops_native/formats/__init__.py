"""What people read: a document for each result, and one file per output format."""
