"""The benchmark of VRRP runs. Its figures are nobody's verdict here: a busy machine would give it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from lab import HOLDFAST, KEEPALIVED

BENCH = Path(__file__).resolve().parents[1] / "bench" / "vrrp_bench.py"


@pytest.mark.parametrize("scenario, figures", [("start", ("advert", "there", "announced")),
                                               ("failover", ("advert", "there", "announced"))])
def test_scenario_of_the_vrrp_bench_gives_figures_of_both_programs(tmp_path, scenario, figures):
    written = tmp_path / "figures.json"
    done = subprocess.run([sys.executable, "-B", BENCH, "--quick", "--only", scenario, "--json", written],
                          env={"HOLDFAST": HOLDFAST, "REFERENCE": KEEPALIVED, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    samples = json.loads(written.read_text())[scenario]["samples"]
    for program in ("ours", "reference"):
        for name in figures:
            assert 0 < samples[program][0][name] < 30, (program, name)
