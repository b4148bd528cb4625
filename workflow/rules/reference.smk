# Once per reference: plain FASTA, stated transcripts, k-mers of the targets, aligner index.


rule prepare_genome:
    input:
        fasta=str(REFERENCE["fasta"]),
        gtf=str(REFERENCE["gtf"]),
    output:
        fasta="work/reference/genome.fa",
        fai="work/reference/genome.fa.fai",
        record="work/reference/reference.json",
    log:
        "work/logs/prepare_genome.log",
    benchmark:
        "work/benchmarks/prepare_genome.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=scaled(1000),
        runtime=30,
    message:
        "Make the reference genome ready"
    script:
        "../scripts/prepare_genome.py"


rule prepare_annotation:
    input:
        fasta="work/reference/genome.fa",
        fai="work/reference/genome.fa.fai",
        gtf=str(REFERENCE["gtf"]),
        panel=PANEL,
        tables=REFERENCE_TABLES,
    output:
        annotation="work/reference/annotation.tsv",
        junctions="work/reference/junctions.bed",
        record="work/reference/annotation.json",
    log:
        "work/logs/prepare_annotation.log",
    benchmark:
        "work/benchmarks/prepare_annotation.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=scaled(1000, 1),
        runtime=30,
    message:
        "Read gene models and introns from the annotation"
    script:
        "../scripts/prepare_annotation.py"


rule build_targets:
    input:
        fasta="work/reference/genome.fa",
        fai="work/reference/genome.fa.fai",
        annotation="work/reference/annotation.tsv",
        panel=PANEL,
        variants=str(KNOWLEDGE / "eml4_alk_variants.tsv"),
        partners=str(KNOWLEDGE / "alk_partners.tsv"),
        hotspots=str(KNOWLEDGE / "hotspots.tsv"),
    output:
        targets="work/reference/targets.bin",
        table="work/reference/targets.tsv",
    log:
        "work/logs/build_targets.log",
    benchmark:
        "work/benchmarks/build_targets.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 2
    resources:
        mem_mb=scaled(2000),
        runtime=60,
    message:
        "Collect the k-mers of the targets and mask those repeated in the genome"
    script:
        "../scripts/build_targets.py"


rule index_reference:
    input:
        fasta="work/reference/genome.fa",
    output:
        index="work/reference/genome.mmi",
    log:
        "work/logs/index_reference.log",
    benchmark:
        "work/benchmarks/index_reference.tsv"
    conda:
        "../../envs/minimap2.yaml"
    threads: 2
    resources:
        mem_mb=scaled(1000, INDEX_BYTES),
        runtime=60,
    params:
        split=SETTINGS["reference"]["split_index"],
    message:
        "Index the reference for minimap2"
    script:
        "../scripts/index_reference.py"
