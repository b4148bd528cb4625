"""Views of report.json: page, tables, VCF, BEDPE, evidence."""
