"""Pure mappings: documents, X12, cross-reference tables. No clock, no files, no network."""
