"""Draw the race: cameras sustained by scene and contestant. Reads JSON from standard input.

Run by the peers' interpreter: `python -m tests.bench.peers.chart OUT.png < results.json`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLOURS = {
    "tutorial": "#b9c0c7",
    "streamvision": "#98a2ac",
    "openvino": "#78838f",
    "exact": "#2f7fb5",
    "regions": "#0b4f7a",
}
SCENES = {"quiet": "quiet street", "medium": "medium", "busy": "busy junction"}


def main() -> None:
    results: list[dict[str, Any]] = json.load(sys.stdin)
    scenes = [scene for scene in SCENES if any(one["scene"] == scene for one in results)]
    figure, axes = plt.subplots(
        1,
        max(1, len(scenes)),
        figsize=(4.2 * max(1, len(scenes)) + 1.2, 3.9),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axis, scene in zip(axes[0], scenes, strict=False):
        draw(axis, scene, [one for one in results if one["scene"] == scene])
    if results:
        first = results[0]
        figure.suptitle(
            f"720p25 cameras sustained over RTSP, {first['fps']:g} analyses/s each, "
            f"{first['model']}\n{len(first['cpus'])} cores, {first['machine']}, "
            f"{first['at'][:10]}; sender on the same cores",
            fontsize=10,
        )
    figure.savefig(sys.argv[1], dpi=150)


def draw(axis: Any, scene: str, results: list[dict[str, Any]]) -> None:
    names = [one["title"] for one in results]
    cameras = [one["sustained_cameras"] for one in results]
    bars = axis.barh(names, cameras, color=[COLOURS[one["contestant"]] for one in results])
    for bar, one in zip(bars, results, strict=True):
        ratio = f"  ×{one['ratio']:.1f}" if one.get("ratio") else ""
        axis.annotate(
            f"{one['sustained_cameras']}{ratio}",
            (bar.get_width(), bar.get_y() + bar.get_height() / 2),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    axis.set_title(SCENES[scene], fontsize=10)
    axis.set_xlabel("cameras (× best peer)")
    axis.margins(x=0.3)
    axis.invert_yaxis()
    axis.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    main()
