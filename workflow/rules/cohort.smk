# All samples side by side.


rule summarise_cohort:
    input:
        reports=expand("results/{sample}/report.json", sample=SAMPLES),
        knowledge=KNOWLEDGE_TABLES,
    output:
        summary="results/cohort/summary.tsv",
        page=report(
            "results/cohort/index.html",
            caption="../report/cohort.rst",
            category="Cohort",
        ),
        multiqc="results/cohort/alktrace_mqc.json",
        patients=directory("results/cohort/patients"),
    log:
        "work/logs/summarise_cohort.log",
    benchmark:
        "work/benchmarks/summarise_cohort.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=scaled(1000),
        runtime=10,
    message:
        "Summarise the cohort"
    script:
        "../scripts/summarise_cohort.py"
