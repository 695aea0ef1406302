#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the shapes detector from nothing and writes its ONNX.

    python train.py --out shapes_detector.onnx

A small detector of the YOLOv5 family: 6x6 stem, C3 blocks with SiLU, SPPF, a
path-aggregation neck and three heads with three anchors each.  The training
pictures are drawn in memory by draw_pictures.py under a seed of their own.
Needs PyTorch, NumPy, Pillow and onnx; no GPU.
"""
import argparse
import io
import math
import multiprocessing
import os
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image

import draw_pictures as dp
from evaluate import SIZE, letterbox

STRIDES = (8, 16, 32)
CHANNELS = (16, 24, 48, 96, 128)
CLASSES = len(dp.CLASSES)


# ---------------------------------------------------------------- pictures

def make_sample(number, split="train"):
    """(3 x SIZE x SIZE bytes, rows of class, centre x, centre y, width, height in input pixels)."""
    img, objects = dp.draw_picture(dp.SEEDS[split], number)
    img = Image.open(io.BytesIO(dp.jpeg(img))).convert("RGB")
    x, gain, left, top = letterbox(img, antialias=number % 2 == 1)  # either way of shrinking
    rows = [(c - 1, (b[0] + b[2] / 2) * gain + left, (b[1] + b[3] / 2) * gain + top, b[2] * gain, b[3] * gain)
            for c, b, _ in objects]
    return x.transpose(2, 0, 1).copy(), np.array(rows, np.float32)


def make_samples(count, jobs):
    with multiprocessing.Pool(jobs) as pool:
        pairs = pool.map(make_sample, range(count), chunksize=32)
    return np.stack([p[0] for p in pairs]), [p[1] for p in pairs]


def augment(x, rows, rng):
    """Flips and quarter turns: a shape stays what it is under both."""
    rows = rows.copy()
    if rng.random() < 0.5:
        x, rows[:, 1] = x[:, :, ::-1], SIZE - rows[:, 1]
    if rng.random() < 0.5:
        x, rows[:, 2] = x[:, ::-1], SIZE - rows[:, 2]
    if rng.random() < 0.5:
        x, rows = x.transpose(0, 2, 1), rows[:, [0, 2, 1, 4, 3]]
    if rng.random() < 0.5:
        x = x[rng.permutation(3)]
    return np.ascontiguousarray(x), rows


def batch_of(images, rows, chosen, rng, size):
    xs, ts = [], []
    for i, k in enumerate(chosen):
        x, r = augment(images[k], rows[k], rng)
        xs.append(torch.from_numpy(x))
        ts.append(np.concatenate([np.full((len(r), 1), i, np.float32), r], 1))
    x = torch.stack(xs).float() / 255
    t = torch.from_numpy(np.concatenate(ts))
    if size != SIZE:
        x = F.interpolate(x, (size, size), mode="bilinear", antialias=True)
        t[:, 2:] *= size / SIZE
    return x.contiguous(memory_format=torch.channels_last), t


def kmeans_anchors(rows, rng):
    """Nine anchors for the drawn boxes, by Lloyd's iterations on the logarithms of their sides."""
    wh = np.log(np.concatenate(rows)[:, 3:5])
    wh = wh[rng.permutation(len(wh))[:20000]]
    order = wh.sum(1).argsort()
    centres = np.stack([wh[order[int((i + 0.5) / 9 * len(wh))]] for i in range(9)])
    for _ in range(100):
        nearest = ((wh[:, None] - centres) ** 2).sum(2).argmin(1)
        centres = np.stack([wh[nearest == i].mean(0) if (nearest == i).any() else centres[i] for i in range(9)])
    a = np.exp(centres)
    return np.round(a[a.prod(1).argsort()].reshape(3, 3, 2).astype(np.float64), 1)


# ---------------------------------------------------------------- network

class Conv(nn.Module):
    def __init__(self, c1, c2, k=1, s=1, p=None):
        super().__init__()
        self.conv = nn.Conv2d(c1, c2, k, s, k // 2 if p is None else p, bias=False)
        self.bn = nn.BatchNorm2d(c2, eps=1e-3, momentum=0.03)

    def forward(self, x):
        return F.silu(self.bn(self.conv(x)))


class Bottleneck(nn.Module):
    def __init__(self, c, shortcut):
        super().__init__()
        self.cv1, self.cv2, self.add = Conv(c, c, 1), Conv(c, c, 3), shortcut

    def forward(self, x):
        y = self.cv2(self.cv1(x))
        return x + y if self.add else y


class C3(nn.Module):
    def __init__(self, c1, c2, shortcut=True):
        super().__init__()
        h = c2 // 2
        self.cv1, self.cv2, self.cv3 = Conv(c1, h), Conv(c1, h), Conv(2 * h, c2)
        self.m = nn.Sequential(Bottleneck(h, shortcut))

    def forward(self, x):
        return self.cv3(torch.cat((self.m(self.cv1(x)), self.cv2(x)), 1))


class SPPF(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.cv1, self.cv2 = Conv(c, c // 2), Conv(c * 2, c)

    def forward(self, x):
        x = self.cv1(x)
        y = F.max_pool2d(x, 5, 1, 2)
        z = F.max_pool2d(y, 5, 1, 2)
        return self.cv2(torch.cat((x, y, z, F.max_pool2d(z, 5, 1, 2)), 1))


class Detector(nn.Module):
    def __init__(self, anchors):
        super().__init__()
        c1, c2, c3, c4, c5 = CHANNELS
        self.register_buffer("anchors", torch.tensor(anchors.tolist()))  # 3 x 3 x 2, input pixels
        self.b0, self.b1, self.b2 = Conv(3, c1, 6, 2, 2), Conv(c1, c2, 3, 2), C3(c2, c2)
        self.b3, self.b4 = Conv(c2, c3, 3, 2), C3(c3, c3)
        self.b5, self.b6 = Conv(c3, c4, 3, 2), C3(c4, c4)
        self.b7, self.b8, self.b9 = Conv(c4, c5, 3, 2), C3(c5, c5), SPPF(c5)
        self.n10, self.n13 = Conv(c5, c4), C3(2 * c4, c4, False)
        self.n14, self.n17 = Conv(c4, c3), C3(2 * c3, c3, False)
        self.n18, self.n20 = Conv(c3, c3, 3, 2), C3(2 * c3, c4, False)
        self.n21, self.n23 = Conv(c4, c4, 3, 2), C3(2 * c4, c5, False)
        self.heads = nn.ModuleList(nn.Conv2d(c, 3 * (5 + CLASSES), 1) for c in (c3, c4, c5))
        for head, s in zip(self.heads, STRIDES):
            b = head.bias.data.view(3, -1)
            b[:, 4] += math.log(8 / (640 / s) ** 2)
            b[:, 5:] += math.log(0.6 / (CLASSES - 1))

    def forward(self, x):
        up = lambda v: F.interpolate(v, scale_factor=2, mode="nearest")
        p3 = self.b4(self.b3(self.b2(self.b1(self.b0(x)))))
        p4 = self.b6(self.b5(p3))
        p5 = self.n10(self.b9(self.b8(self.b7(p4))))
        q4 = self.n14(self.n13(torch.cat((up(p5), p4), 1)))
        o3 = self.n17(torch.cat((up(q4), p3), 1))
        o4 = self.n20(torch.cat((self.n18(o3), q4), 1))
        o5 = self.n23(torch.cat((self.n21(o4), p5), 1))
        out = []
        for head, v in zip(self.heads, (o3, o4, o5)):
            with torch.autocast("cpu", enabled=False):  # the boxes stay in float32
                v = head(v.float())
            n, _, h, w = v.shape
            out.append(v.view(n, 3, 5 + CLASSES, h, w).permute(0, 1, 3, 4, 2))
        return out  # raw, n x 3 x h x w x (5 + classes)

    def decode(self, raw):
        """Boxes in input pixels, objectness and class scores, as the exported graph gives them."""
        rows = []
        for p, s, a in zip(raw, STRIDES, self.anchors):
            n, _, h, w, no = p.shape
            gy, gx = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
            grid = torch.stack((gx, gy), -1).float() - 0.5
            y = p.float().sigmoid()
            xy = (y[..., :2] * 2 + grid) * s
            wh = (y[..., 2:4] * 2) ** 2 * a.view(1, 3, 1, 1, 2)
            rows.append(torch.cat((xy, wh, y[..., 4:]), -1).reshape(n, -1, no))
        return torch.cat(rows, 1)


# ---------------------------------------------------------------- loss

def complete_iou(a, b):
    """CIoU of boxes given as centre and size."""
    a1, a2, b1, b2 = a[:, :2] - a[:, 2:] / 2, a[:, :2] + a[:, 2:] / 2, b[:, :2] - b[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2
    inter = (torch.min(a2, b2) - torch.max(a1, b1)).clamp(0).prod(1)
    iou = inter / (a[:, 2:].prod(1) + b[:, 2:].prod(1) - inter + 1e-7)
    diagonal = ((torch.max(a2, b2) - torch.min(a1, b1)) ** 2).sum(1) + 1e-7
    distance = ((a[:, :2] - b[:, :2]) ** 2).sum(1)
    v = 4 / math.pi ** 2 * (torch.atan(b[:, 2] / (b[:, 3] + 1e-7)) - torch.atan(a[:, 2] / (a[:, 3] + 1e-7))) ** 2
    with torch.no_grad():
        alpha = v / (v - iou + 1 + 1e-7)
    return iou - distance / diagonal - alpha * v


def assign(t, anchors, stride, h, w):
    """Which cells and anchors answer for which boxes: picture, anchor, row, column, class, box."""
    ratio = t[None, :, 4:6] / anchors[:, None]
    a, k = (torch.max(ratio, 1 / ratio).amax(2) < 4).nonzero(as_tuple=True)
    t = t[k]
    c = t[:, 2:4] / stride
    f = c - c.floor()
    # the cell of the centre, and the nearer neighbour along each axis
    steps = torch.where(f < 0.5, -1, 1)
    zero = torch.zeros_like(steps[:, 0])
    offsets = torch.stack((torch.stack((zero, zero), 1), torch.stack((steps[:, 0], zero), 1),
                           torch.stack((zero, steps[:, 1]), 1)))
    cells = c.floor().long() + offsets
    size = torch.tensor((w, h))
    keep = ((cells >= 0) & (cells < size)).all(2)
    which = keep.nonzero(as_tuple=True)
    cells, i = cells[which], which[1]
    return t[i, 0].long(), a[i], cells[:, 1], cells[:, 0], t[i, 1].long(), t[i, 2:6]


def loss_of(raw, t, anchors):
    box = obj = cls = 0.0
    for p, s, a, balance in zip(raw, STRIDES, anchors, (4.0, 1.0, 0.4)):
        p = p.float()
        n, _, h, w, _ = p.shape
        target = torch.zeros(p.shape[:4])
        b, k, gy, gx, c, xywh = assign(t, a, s, h, w)
        if len(b):
            q = p[b, k, gy, gx]
            xy = q[:, :2].sigmoid() * 2 - 0.5 + torch.stack((gx, gy), 1)
            wh = (q[:, 2:4].sigmoid() * 2) ** 2 * a[k] / s
            iou = complete_iou(torch.cat((xy, wh), 1), xywh / s)
            box = box + (1 - iou).mean()
            score = iou.detach().clamp(0)
            order = score.argsort()  # the better of two boxes on one cell wins
            target[b[order], k[order], gy[order], gx[order]] = score[order]
            cls = cls + F.binary_cross_entropy_with_logits(q[:, 5:], F.one_hot(c, CLASSES).float())
        obj = obj + balance * F.binary_cross_entropy_with_logits(p[..., 4], target)
    return 0.05 * box + 0.7 * obj + 0.2 * cls, [float(torch.as_tensor(v).detach()) for v in (box, obj, cls)]


# ---------------------------------------------------------------- export

class Graph:
    """Writes the network as ONNX with each batch norm folded into its convolution."""

    def __init__(self):
        self.nodes, self.weights = [], []

    def const(self, name, value, dtype=np.float32):
        from onnx import numpy_helper
        if all(w.name != name for w in self.weights):
            self.weights.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def op(self, kind, name, *inputs, outputs=1, **attributes):
        from onnx import helper
        out = [f"{name}_output_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), out, name, **attributes))
        return out[0] if outputs == 1 else out

    def raw_conv(self, name, x, w, b, conv):
        return self.op("Conv", f"/{name}/Conv", x, self.const(f"{name}.weight", w), self.const(f"{name}.bias", b),
                       dilations=[1, 1], group=1, kernel_shape=list(conv.kernel_size),
                       pads=list(conv.padding) * 2, strides=list(conv.stride))

    def conv(self, name, m, x):
        w, bn = m.conv.weight.double(), m.bn
        g = bn.weight.double() / (bn.running_var.double() + bn.eps).sqrt()
        b = bn.bias.double() - bn.running_mean.double() * g
        y = self.raw_conv(f"{name}.conv", x, (w * g.view(-1, 1, 1, 1)).numpy(), b.numpy(), m.conv)
        return self.op("Mul", f"/{name}/act/Mul", y, self.op("Sigmoid", f"/{name}/act/Sigmoid", y))

    def concat(self, name, *xs):
        return self.op("Concat", f"/{name}/Concat", *xs, axis=1)

    def c3(self, name, m, x):
        y = self.conv(f"{name}.cv1", m.cv1, x)
        z = self.conv(f"{name}.m.0.cv2", m.m[0].cv2, self.conv(f"{name}.m.0.cv1", m.m[0].cv1, y))
        if m.m[0].add:
            z = self.op("Add", f"/{name}.m.0/Add", y, z)
        return self.conv(f"{name}.cv3", m.cv3, self.concat(name, z, self.conv(f"{name}.cv2", m.cv2, x)))

    def sppf(self, name, m, x):
        xs = [self.conv(f"{name}.cv1", m.cv1, x)]
        for i in range(3):
            xs.append(self.op("MaxPool", f"/{name}.m/MaxPool_{i}", xs[-1], ceil_mode=0, kernel_shape=[5, 5],
                              pads=[2] * 4, strides=[1, 1]))
        return self.conv(f"{name}.cv2", m.cv2, self.concat(name, *xs))

    def up(self, name, x):
        return self.op("Resize", f"/{name}/Resize", x, "", self.const("up.scales", [1, 1, 2, 2]),
                       coordinate_transformation_mode="asymmetric", cubic_coeff_a=-0.75, mode="nearest",
                       nearest_mode="floor")

    def head(self, i, conv, x, anchors, stride):
        n, h, no = f"/model.24/{i}", SIZE // stride, 5 + CLASSES
        x = self.raw_conv(f"model.24.m.{i}", x, conv.weight.numpy(), conv.bias.numpy(), conv)
        x = self.op("Reshape", f"{n}/Reshape", x, self.const(f"{n}/shape", [1, 3, no, h, h], np.int64))
        x = self.op("Transpose", f"{n}/Transpose", x, perm=[0, 1, 3, 4, 2])
        x = self.op("Sigmoid", f"{n}/Sigmoid", x)
        xy, wh, conf = self.op("Split", f"{n}/Split", x, self.const("split", [2, 2, no - 4], np.int64), outputs=3,
                               axis=4)
        gy, gx = np.meshgrid(np.arange(h), np.arange(h), indexing="ij")
        grid = np.broadcast_to(np.stack((gx, gy), -1) - 0.5, (1, 3, h, h, 2))
        sizes = np.broadcast_to(anchors.numpy().reshape(1, 3, 1, 1, 2), (1, 3, h, h, 2))
        xy = self.op("Mul", f"{n}/Mul", xy, self.const("two", 2))
        xy = self.op("Add", f"{n}/Add", xy, self.const(f"{n}/grid", grid))
        xy = self.op("Mul", f"{n}/Mul_1", xy, self.const(f"{n}/stride", stride))
        wh = self.op("Mul", f"{n}/Mul_2", wh, self.const("two", 2))
        wh = self.op("Pow", f"{n}/Pow", wh, self.const("two", 2))
        wh = self.op("Mul", f"{n}/Mul_3", wh, self.const(f"{n}/anchor_grid", sizes))
        y = self.op("Concat", f"{n}/Concat", xy, wh, conf, axis=4)
        return self.op("Reshape", f"{n}/Reshape_1", y, self.const(f"{n}/rows", [1, 3 * h * h, no], np.int64))


def export(net, path):
    import onnx
    from onnx import TensorProto, helper
    net = net.eval()
    with torch.no_grad():
        g = Graph()
        m = lambda i: f"model.{i}"
        x = g.conv(m(0), net.b0, "images")
        x = g.c3(m(2), net.b2, g.conv(m(1), net.b1, x))
        p3 = g.c3(m(4), net.b4, g.conv(m(3), net.b3, x))
        p4 = g.c3(m(6), net.b6, g.conv(m(5), net.b5, p3))
        p5 = g.sppf(m(9), net.b9, g.c3(m(8), net.b8, g.conv(m(7), net.b7, p4)))
        p5 = g.conv(m(10), net.n10, p5)
        q4 = g.c3(m(13), net.n13, g.concat(m(12), g.up(m(11), p5), p4))
        q4 = g.conv(m(14), net.n14, q4)
        o3 = g.c3(m(17), net.n17, g.concat(m(16), g.up(m(15), q4), p3))
        o4 = g.c3(m(20), net.n20, g.concat(m(19), g.conv(m(18), net.n18, o3), q4))
        o5 = g.c3(m(23), net.n23, g.concat(m(22), g.conv(m(21), net.n21, o4), p5))
        ys = [g.head(i, *v) for i, v in enumerate(zip(net.heads, (o3, o4, o5), net.anchors, STRIDES))]
        g.nodes.append(helper.make_node("Concat", ys, ["output"], "/model.24/Concat", axis=1))
        rows = sum(3 * (SIZE // s) ** 2 for s in STRIDES)
        graph = helper.make_graph(
            g.nodes, "shapes_detector",
            [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, rows, 5 + CLASSES])], g.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="shapes_detector")
        model.ir_version = 7
        helper.set_model_props(model, {
            "stride": str(max(STRIDES)), "names": str(dict(enumerate(dp.CLASSES))),
            "anchors": str([[[round(float(v), 1) for v in a] for a in level] for level in net.anchors]),
            "license": "Apache-2.0"})
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)


# ---------------------------------------------------------------- training

def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--out", default="shapes_detector.onnx")
    ap.add_argument("--pictures", type=int, default=8000, help="training pictures to draw")
    ap.add_argument("--epochs", type=float, default=10)
    ap.add_argument("--batch", type=int, default=16)
    ap.add_argument("--lr", type=float, default=3e-3)
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--seed", type=int, default=5)
    ap.add_argument("--bf16", action="store_true", help="train in bfloat16 where the processor has it")
    ap.add_argument("--small-until", type=float, default=0.3, help="share of the steps taken at 224 x 224")
    ap.add_argument("--checkpoint", default="shapes_detector.pt")
    args = ap.parse_args()

    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    began = time.time()
    images, rows = make_samples(args.pictures, max(1, args.threads))
    torch.set_num_threads(args.threads)
    anchors = kmeans_anchors(rows, rng)
    print(f"{len(images)} pictures drawn in {time.time() - began:.0f} s; anchors {anchors.tolist()}", flush=True)

    net = Detector(anchors).to(memory_format=torch.channels_last)
    ema = Detector(anchors)
    ema.load_state_dict(net.state_dict())
    decay = [p for p in net.parameters() if p.ndim > 1]
    other = [p for p in net.parameters() if p.ndim <= 1]
    opt = torch.optim.AdamW([{"params": decay, "weight_decay": 0.02}, {"params": other, "weight_decay": 0.0}],
                            lr=args.lr, betas=(0.9, 0.99))
    print(f"{sum(p.numel() for p in net.parameters())} parameters", flush=True)

    began = time.time()
    per_epoch = len(images) // args.batch
    total = int(args.epochs * per_epoch)
    warm, step, shown = 300, 0, time.time()
    order, sums = [], np.zeros(4)
    while step < total:
        done = step / total
        lr = args.lr * min(1, (step + 1) / warm) * (0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2)
        for group in opt.param_groups:
            group["lr"] = lr
        if len(order) < args.batch:
            order = rng.permutation(len(images)).tolist()
        chosen = [order.pop() for _ in range(args.batch)]
        x, t = batch_of(images, rows, chosen, rng, 224 if done < args.small_until else SIZE)
        with torch.autocast("cpu", torch.bfloat16, enabled=args.bf16):
            raw = net(x)
        loss, parts = loss_of(raw, t, net.anchors)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        opt.step()
        step += 1
        d = 0.998 * (1 - math.exp(-step / 400))
        with torch.no_grad():
            for e, v in zip(ema.state_dict().values(), net.state_dict().values()):
                if e.is_floating_point():
                    e.mul_(d).add_(v, alpha=1 - d)
        sums += (float(loss.detach()), *parts)
        if step % 100 == 0:
            s = sums / 100
            print(f"step {step} done {done:.3f} lr {lr:.5f} loss {s[0]:.4f} box {s[1]:.3f} obj {s[2]:.4f} "
                  f"cls {s[3]:.3f}  {100 * args.batch / (time.time() - shown):.1f} pictures/s", flush=True)
            sums[:], shown = 0, time.time()
        if step % 500 == 0:
            torch.save({"model": ema.state_dict(), "step": step}, args.checkpoint + ".tmp")
            os.replace(args.checkpoint + ".tmp", args.checkpoint)
            export(ema, args.out)
    export(ema, args.out)
    print(f"{step} steps in {(time.time() - began) / 60:.1f} min; wrote {args.out}", flush=True)


if __name__ == "__main__":
    main()
