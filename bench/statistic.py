"""Ratios of medians, and how sure they are."""

import random
from statistics import median

RESAMPLES = 4000


def ratio(ours: list[list[float]], theirs: list[list[float]]) -> dict:
    """Ratio of the medians of two sides' rates with its 95 % bootstrap interval. A side is a list of rounds, a round a list of
    slices: slices of a round are alike, so rounds are drawn first, then slices within them."""
    dice = random.Random(20240607)

    def middle(rounds: list[list[float]]) -> float:
        return median(rate for round in rounds for rate in round)

    def drawn(rounds: list[list[float]]) -> list[list[float]]:
        return [dice.choices(round, k=len(round)) for round in dice.choices(rounds, k=len(rounds))]

    # A slice of a very slow server may be empty.
    ratios = sorted(middle(drawn(ours)) / max(middle(drawn(theirs)), 1e-9) for _ in range(RESAMPLES))
    low, high = ratios[RESAMPLES * 25 // 1000], ratios[RESAMPLES * 975 // 1000]
    return {"ratio": middle(ours) / middle(theirs), "low": low, "high": high}


def side(reports: list[dict]) -> dict:
    """One server's rounds of one operation as one line."""
    requests = sum(report["requests"] for report in reports)
    return {
        "requests": requests,
        "samples": sum(len(report["slices"]) for report in reports),
        "per_second": median([rate for report in reports for rate in report["slices"]]),
        "p50_ms": median([report["latency_us"]["p50"] for report in reports]) / 1000,
        "p99_ms": median([report["latency_us"]["p99"] for report in reports]) / 1000,
        "server_cpu_us": sum(report["server_cpu_seconds"] for report in reports) / requests * 1e6,
        "client_cpu_us": sum(report["client_cpu_seconds"] for report in reports) / requests * 1e6,
        "others_busy_cores": sum(report["others_cpu_seconds"] for report in reports) / sum(report["seconds"] for report in reports),
        "body_bytes": reports[0]["body_bytes"],
    }
