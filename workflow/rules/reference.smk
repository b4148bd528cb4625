# Once per reference: genome at two bits a base, reference transcripts, k-mers of the targets, aligner index.


if "build" in SETTINGS["reference"]:

    rule download_reference:
        input:
            sources=str(REFERENCE_SOURCES),
        output:
            fasta=str(REFERENCE["fasta"]),
            gtf=str(REFERENCE["gtf"]),
        log:
            "work/logs/download_reference.log",
        benchmark:
            "work/benchmarks/download_reference.tsv"
        conda:
            "../../envs/python.yaml"
        threads: 1
        resources:
            mem_mb=scaled(500),
            runtime=minutes(240),
        params:
            build=SETTINGS["reference"]["build"],
            release=str(SETTINGS["reference"]["release"]),
            mirror=SETTINGS["reference"].get("mirror"),
            cache=SETTINGS["reference"]["cache"],
        message:
            "Fetch the reference genome and its annotation"
        script:
            "../scripts/download_reference.py"


rule prepare_genome:
    input:
        fasta=str(REFERENCE["fasta"]),
        gtf=str(REFERENCE["gtf"]),
    output:
        genome="work/reference/genome.2bit",
        record="work/reference/reference.json",
    log:
        "work/logs/prepare_genome.log",
    benchmark:
        "work/benchmarks/prepare_genome.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=scaled(600),
        runtime=minutes(30),
    params:
        cache=SETTINGS["reference"]["cache"],
    message:
        "Pack the reference genome at two bits a base"
    script:
        "../scripts/prepare_genome.py"


rule prepare_annotation:
    input:
        genome="work/reference/genome.2bit",
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
        runtime=minutes(30),
    params:
        program=PROGRAM,
    message:
        "Read gene models and introns from the annotation"
    script:
        "../scripts/prepare_annotation.py"


rule build_targets:
    input:
        genome="work/reference/genome.2bit",
        annotation="work/reference/annotation.tsv",
        panel=PANEL,
        knowledge=TARGET_TABLES,
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
        runtime=minutes(60),
    params:
        assay="rna",
    message:
        "Collect the k-mers of the targets and mask those repeated in the genome"
    script:
        "../scripts/build_targets.py"


use rule build_targets as build_dna_targets with:
    output:
        targets="work/reference/targets_dna.bin",
        table="work/reference/targets_dna.tsv",
    log:
        "work/logs/build_dna_targets.log",
    benchmark:
        "work/benchmarks/build_dna_targets.tsv"
    params:
        assay="dna",
    message:
        "Collect the k-mers of the targets in DNA"


# For samples given as BAM or CRAM with an index.
rule list_target_places:
    input:
        genome="work/reference/genome.2bit",
        annotation="work/reference/annotation.tsv",
        panel=PANEL,
        kernels="work/reference/kernels.done",
    output:
        places="work/reference/target_places.bed",
    log:
        "work/logs/list_target_places.log",
    benchmark:
        "work/benchmarks/list_target_places.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 2
    resources:
        mem_mb=scaled(2000),
        runtime=minutes(60),
    message:
        "List where an aligner may have put reads of the targets"
    script:
        "../scripts/list_target_places.py"


# What samples run is compiled before the first does: they need not wait, nor all compile the same at once.
rule compile_kernels:
    input:
        genome="work/reference/genome.2bit",
        annotation="work/reference/annotation.tsv",
        panel=PANEL,
        knowledge=KNOWLEDGE_TABLES,
    output:
        done=touch("work/reference/kernels.done"),
    log:
        "work/logs/compile_kernels.log",
    benchmark:
        "work/benchmarks/compile_kernels.tsv"
    conda:
        "../../envs/python.yaml"
    threads: 1
    resources:
        mem_mb=scaled(1000),
        runtime=minutes(10),
    message:
        "Compile the inner loops for this machine"
    script:
        "../scripts/compile_kernels.py"


# Only with `reference.index: whole` or `split`.
rule index_reference:
    input:
        fasta=str(REFERENCE["fasta"]),
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
        runtime=minutes(60),
    params:
        split=SETTINGS["reference"]["index"] == "split",
    message:
        "Index the whole genome for minimap2"
    script:
        "../scripts/index_reference.py"


# Only with `aligner: star`.
rule index_star:
    input:
        genome="work/reference/genome.2bit",
        gtf=str(REFERENCE["gtf"]),
    output:
        index=directory("work/reference/star"),
    log:
        "work/logs/index_star.log",
    benchmark:
        "work/benchmarks/index_star.tsv"
    conda:
        "../../envs/star.yaml"
    threads: 2
    resources:
        mem_mb=scaled(2000, INDEX_BYTES),
        runtime=minutes(240),
    message:
        "Index the whole genome for STAR"
    script:
        "../scripts/index_star.py"
