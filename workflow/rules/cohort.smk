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
        carry_over="results/cohort/carry_over.tsv",
        identity="results/cohort/identity.tsv",
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
        runtime=minutes(10),
    message:
        "Summarise the cohort"
    script:
        "../scripts/summarise_cohort.py"


# What a person at the terminal wants to know last. None of it is needed by a rule.
RECORDS = [path for path in rules.gather_evidence.output if "{sample}" in path]
VIEWS = [f"results/{{sample}}/{file}" for file in REPORT_VIEWS.values()]
FILES = Files(RECORDS, "results/{sample}/report.json", VIEWS, "work/logs/{sample}")


onsuccess:
    print(*close_run(list(SAMPLES), FILES, Path("results/cohort")), sep="\n", file=sys.stderr)


onerror:
    print(*close_failed_run(list(SAMPLES), FILES, Path("results/cohort")), sep="\n", file=sys.stderr)
