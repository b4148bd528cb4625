"""The views of a report: the name of each and its file."""

VIEWS = {
    "html": "report.html",
    "tsv": "report.tsv",
    "findings": "findings.tsv",
    "codons": "codons.tsv",
    "fusions_vcf": "fusions.vcf",
    "fusions_bedpe": "fusions.bedpe",
    "mutations_vcf": "mutations.vcf",
}
EVIDENCE = {"evidence": "evidence.html"}  # only if asked for
