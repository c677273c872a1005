"""Ratios of medians, and how sure they are."""

import random
import statistics

RESAMPLES = 4000


def ratio(ours: list[list[float]], theirs: list[list[float]]) -> dict:
    """Ratio of the medians of two sides' rates with its 95 % bootstrap interval. A side is a list of rounds, a round a list of
    slices: slices of a round are alike, so rounds are drawn first, then slices within them."""
    dice = random.Random(20240607)

    def median(rounds: list[list[float]]) -> float:
        drawn = (dice.choices(round, k=len(round)) for round in dice.choices(rounds, k=len(rounds)))
        return statistics.median(rate for round in drawn for rate in round)

    def whole(rounds: list[list[float]]) -> float:
        return statistics.median(rate for round in rounds for rate in round)

    ratios = sorted(median(ours) / max(median(theirs), 1e-9) for _ in range(RESAMPLES))
    low, high = ratios[RESAMPLES * 25 // 1000], ratios[RESAMPLES * 975 // 1000]
    return {"ratio": whole(ours) / whole(theirs), "low": low, "high": high}


def side(reports: list[dict]) -> dict:
    """One server's rounds of one operation as one line."""
    requests = sum(report["requests"] for report in reports)
    middle = lambda values: statistics.median(values)  # noqa: E731
    return {
        "requests": requests,
        "samples": sum(len(report["slices"]) for report in reports),
        "per_second": middle([rate for report in reports for rate in report["slices"]]),
        "p50_ms": middle([report["latency_us"]["p50"] for report in reports]) / 1000,
        "p99_ms": middle([report["latency_us"]["p99"] for report in reports]) / 1000,
        "server_cpu_us": sum(report["server_cpu_seconds"] for report in reports) / requests * 1e6,
        "client_cpu_us": sum(report["client_cpu_seconds"] for report in reports) / requests * 1e6,
        "others_busy_cores": sum(report["others_cpu_seconds"] for report in reports) / sum(report["seconds"] for report in reports),
        "body_bytes": reports[0]["body_bytes"],
    }
