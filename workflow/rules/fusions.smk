# Junctions: found, assembled, counted, typed.


rule call_fusions:
    input:
        bam="results/{sample}/evidence.bam",
        bai="results/{sample}/evidence.bam.bai",
        stats="work/{sample}/recruit.json",
        genome="work/reference/genome.2bit",
        annotation="work/reference/annotation.tsv",
        panel=PANEL,
        masked=get_targets("tsv"),
        knowledge=KNOWLEDGE_TABLES,
        targets_bed=get_targets_bed,
    output:
        fusions="work/{sample}/fusions.json",
    log:
        "work/logs/{sample}/call_fusions.log",
    benchmark:
        "work/benchmarks/{sample}/call_fusions.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=scaled(2000),
        runtime=60,
    params:
        sheet=describe("assay", "umi", "library"),
        thresholds=SETTINGS["thresholds"],
    message:
        "{wildcards.sample}: call and type fusions"
    script:
        "../scripts/call_fusions.py"
