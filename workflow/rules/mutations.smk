# Codons of the kinase domain and the bypass hotspots.


rule screen_mutations:
    input:
        bam="results/{sample}/evidence.bam",
        bai="results/{sample}/evidence.bam.bai",
        fusions="work/{sample}/fusions.json",
        genome="work/reference/genome.2bit",
        annotation="work/reference/annotation.tsv",
        panel=PANEL,
        knowledge=KNOWLEDGE_TABLES,
        targets_bed=get_targets_bed,
        masked=get_targets("tsv"),
    output:
        screen="work/{sample}/screen.json",
    log:
        "work/logs/{sample}/screen_mutations.log",
    benchmark:
        "work/benchmarks/{sample}/screen_mutations.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=scaled(2000),
        runtime=60,
    params:
        sheet=describe("umi", "library"),
        thresholds=SETTINGS["thresholds"],
        recruit=SETTINGS["recruit"],
    message:
        "{wildcards.sample}: screen the kinase domain and bypass hotspots"
    script:
        "../scripts/screen_mutations.py"
