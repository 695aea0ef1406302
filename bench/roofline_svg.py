"""The roofline picture: for each network a panel with the roofs of the machine and a point for each class of layer."""
import math
from html import escape

from results_markdown import layer_classes

PANEL_W, PANEL_H, COLUMNS = 560, 400, 2
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 55
HEAD = 110
X_RANGE = (0.1, 1000.0)   # multiply-adds a byte
COLOURS = {"conv 1x1": "#1f77b4", "conv 3x3": "#d62728", "conv": "#ff7f0e", "depthwise": "#2ca02c", "fully_connected": "#9467bd",
           "other": "#7f7f7f"}


def colour(name):
    for prefix, value in COLOURS.items():
        if name == prefix or name.startswith(prefix + " "):
            return value
    return COLOURS["other"]


class Panel:
    """One pair of logarithmic axes at (left, top) of the picture."""

    def __init__(self, left, top, y_range):
        self.x0, self.y0 = left + LEFT, top + TOP
        self.width, self.height = PANEL_W - LEFT - RIGHT, PANEL_H - TOP - BOTTOM
        self.y_range, self.out = y_range, []

    def x(self, value):
        low, high = map(math.log10, X_RANGE)
        return self.x0 + self.width * (math.log10(value) - low) / (high - low)

    def y(self, value):
        low, high = map(math.log10, self.y_range)
        return self.y0 + self.height * (high - math.log10(value)) / (high - low)

    def line(self, x1, y1, x2, y2, style):
        self.out.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {style}/>')

    def text(self, x, y, text, style=""):
        for halo in ('stroke="white" stroke-width="3" stroke-linejoin="round" ', ""):  # legible across lines
            self.out.append(f'<text x="{x:.1f}" y="{y:.1f}" {halo}{style}>{escape(text)}</text>')

    def axes(self):
        self.out.append(f'<rect x="{self.x0}" y="{self.y0}" width="{self.width}" height="{self.height}" fill="white" stroke="#444"/>')
        for axis, (low, high) in (("x", X_RANGE), ("y", self.y_range)):
            for power in range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1):
                value, label = 10.0**power, f"{10.0**power:g}"
                if axis == "x":
                    self.line(self.x(value), self.y0, self.x(value), self.y0 + self.height, 'stroke="#ddd"')
                    self.text(self.x(value), self.y0 + self.height + 16, label, 'text-anchor="middle"')
                else:
                    self.line(self.x0, self.y(value), self.x0 + self.width, self.y(value), 'stroke="#ddd"')
                    self.text(self.x0 - 6, self.y(value) + 4, label, 'text-anchor="end"')
        middle = self.y0 + self.height / 2
        self.text(self.x0 + self.width / 2, self.y0 + self.height + 36, "multiply-adds per byte read or written (MAC/B)",
                  'text-anchor="middle"')
        self.text(self.x0 - 48, middle, "10⁹ multiply-adds per second (GMAC/s)",
                  f'text-anchor="middle" transform="rotate(-90 {self.x0 - 48} {middle:.1f})"')

    def flat_roof(self, gmacs, label, style):
        if self.y_range[0] < gmacs < self.y_range[1]:
            self.line(self.x0, self.y(gmacs), self.x0 + self.width, self.y(gmacs), style)
            self.text(self.x0 + self.width - 6, self.y(gmacs) - 4, label, 'text-anchor="end"')

    def slanted_roof(self, gbs, top, label, style):
        """gbs bytes a second, up to the flat roof `top`."""
        begin, end = max(X_RANGE[0], self.y_range[0] / gbs), min(X_RANGE[1], top / gbs)
        self.line(self.x(begin), self.y(begin * gbs), self.x(end), self.y(end * gbs), style)
        at = begin * (end / begin) ** 0.12
        slope = math.degrees(math.atan2(self.y(end * gbs) - self.y(begin * gbs), self.x(end) - self.x(begin)))
        x, y = self.x(at), self.y(at * gbs) - 5
        self.text(x, y, label, f'transform="rotate({slope:.1f} {x:.1f} {y:.1f})"')

    def point(self, name, intensity, gmacs, share):
        radius = 3 + 14 * math.sqrt(share)
        x = self.x(min(max(intensity, X_RANGE[0]), X_RANGE[1]))
        y = self.y(min(max(gmacs, self.y_range[0]), self.y_range[1]))
        self.out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour(name)}" fill-opacity="0.55" '
                        f'stroke="{colour(name)}"><title>{escape(name)}: {gmacs:.1f} GMAC/s, {100 * share:.0f} % of the time</title>'
                        "</circle>")
        return x, y, radius


def labels_apart(labels):
    """Moves labels down until none covers another; each is [x, y, text]."""
    placed = []
    for x, y, text in sorted(labels, key=lambda one: one[1]):
        for px, py, ptext in placed:
            if abs(y - py) < 13 and x < px + 6.4 * len(ptext) and px < x + 6.4 * len(text):
                y = py + 13
        placed.append((x, y, text))
    return placed


def draw_network(panel, network):
    layers = network["layers"]
    panel.axes()
    peaks = {(p["isa"], p["products"]): p["gmacs"] for p in layers["peaks"]}
    used = {(r["isa"], r["products"]) for r in layers["records"] if r["macs"]}
    used = {key for key in used | {(layers["isa"], "s8")} if key in peaks}  # s16 has no loop of its own
    top = max(peaks[key] for key in used)
    for key in sorted(used):
        panel.flat_roof(peaks[key], f"peak {key[0]} {key[1]} {peaks[key]:.0f} GMAC/s", 'stroke="black" stroke-width="1.6"')
    panel.slanted_roof(layers["memory_gbs"], top, f"memory {layers['memory_gbs']:.1f} GB/s", 'stroke="black" stroke-width="1.6"')
    panel.slanted_roof(layers["cache_gbs"], top, f"second-level cache {layers['cache_gbs']:.0f} GB/s",
                       'stroke="black" stroke-dasharray="5 3"')
    total = sum(r["ms"] for r in layers["records"]) or 1
    labels, idle = [], 0.0
    for name, one in layer_classes(layers):
        if not one["macs"] or not one["ms"]:
            idle += one["ms"]
            continue
        share = one["ms"] / total
        x, y, radius = panel.point(name, one["macs"] / one["bytes"], one["macs"] / one["ms"] * 1e-6, share)
        label = f"{name} {100 * share:.0f} %"
        right = x + radius + 4 + 6.4 * len(label) < panel.x0 + panel.width
        labels.append([x + radius + 4 if right else x - radius - 4 - 6.4 * len(label), y + 4, label])
    for x, y, text in labels_apart(labels):
        panel.text(x, y, text)
    panel.text(panel.x0, panel.y0 - 8, f"{network['title']}: {total:.2f} ms, of which {100 * idle / total:.0f} % multiply nothing",
               'font-weight="bold"')


def roofline(results):
    networks = [network for network in results["networks"] if "layers" in network]
    top = max(p["gmacs"] for network in networks for p in network["layers"]["peaks"])
    y_range = (1.0, 10.0 ** math.ceil(math.log10(top * 1.2)))
    width, height = PANEL_W * COLUMNS, HEAD + PANEL_H * -(-len(networks) // COLUMNS)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
           'font-family="sans-serif" font-size="12">', f'<rect width="{width}" height="{height}" fill="white"/>',
           f'<text x="20" y="32" font-size="20" font-weight="bold">Roofline, {escape(results["machine"]["cpu"])}</text>',
           f'<text x="20" y="54">int8, one thread, Plumb {results["plumb"]["version"]}. A point is a class of layers; its area is its share '
           "of the time.</text>",
           '<text x="20" y="72">Flat roofs: a loop that only multiplies registers, in the same run. Slanted roofs: reading memory (full) and '
           "the second-level cache (dashed).</text>"]
    x = 20
    for name, value in COLOURS.items():
        if name != "other":
            label = {"conv": "conv, other windows"}.get(name, name.replace("_", " "))
            out.append(f'<circle cx="{x + 6}" cy="90" r="6" fill="{value}" fill-opacity="0.55" stroke="{value}"/>'
                       f'<text x="{x + 18}" y="94">{escape(label)}</text>')
            x += 40 + 7 * len(label)
    for index, network in enumerate(networks):
        panel = Panel(PANEL_W * (index % COLUMNS), HEAD + PANEL_H * (index // COLUMNS), y_range)
        draw_network(panel, network)
        out += panel.out
    return "\n".join(out + ["</svg>"]) + "\n"
