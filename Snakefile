"""alktrace: FASTQ to a typed ALK fusion, its resistance mutations and one report per sample."""

from snakemake.utils import min_version

min_version("9.0")


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


# In the order of the data. Two rules make a sample: gather_evidence (recruit, align) and report_sample (fusions,
# mutations, interpret, report); their stages stand in order in alktrace/sample/.
include: "workflow/rules/common.smk"
include: "workflow/rules/reference.smk"
include: "workflow/rules/evidence.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/cohort.smk"


rule all:
    default_target: True
    input:
        get_final_output(),
