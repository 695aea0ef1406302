#!/usr/bin/env python3
"""A second, simple reader of Plumb artifacts, from plumb/artifact/format.md alone. Standard library only.

    read_artifact.py model.plumb            everything as JSON: header, sections, program, contracts, records
    read_artifact.py --sections model.plumb header and table only

Checks magic, versions, lengths, padding and every SHA-256. Exit codes: 0 fine, 2 usage, 4 damaged, 5 another version.
Numbers that JSON cannot hold are written as "inf", "-inf" and "nan".
"""
import hashlib
import json
import math
import struct
import sys

MAGIC = b"PLUMB\r\n\x1a"
FORMAT_VERSION = 0
NUMERICS_VERSION = 1
SECTION_NAMES = {1: "program", 2: "weights", 3: "io_contract", 4: "decode_contract", 5: "provenance", 6: "quality",
                 7: "golden", 8: "batch"}
VARIANT_STRIDE, MAX_VARIANTS = 16, 14
SECTION_NAMES.update({kind + VARIANT_STRIDE * variant: f"{SECTION_NAMES[kind]} of variant {variant}"
                      for variant in range(1, MAX_VARIANTS + 1) for kind in (1, 3, 4, 7)})
REQUIRED = 1

# Tables of schema.fbs: fields in order, as (name, type) or (name, type, default). "[T]" is a list.
TABLES = {
    "Attribute": [("name", "string"), ("kind", "ubyte"), ("int_value", "long"), ("float_value", "float"),
                  ("text", "string"), ("ints", "[long]"), ("floats", "[float]"), ("texts", "[string]")],
    "Tensor": [("name", "string"), ("dtype", "ubyte"), ("shape", "[long]"), ("scale", "[float]"),
               ("zero_point", "[int]"), ("axis", "int", -1), ("constant", "int", -1)],
    "Record": [("op", "string"), ("version", "int", 1), ("name", "string"), ("inputs", "[int]"), ("outputs", "[int]"),
               ("attributes", "[Attribute]")],
    "Port": [("name", "string"), ("tensor", "int"), ("dtype", "ubyte")],
    "Program": [("name", "string"), ("tensors", "[Tensor]"), ("constants", "[Blob]"), ("records", "[Record]"),
                ("inputs", "[Port]"), ("outputs", "[Port]"), ("symbolic_batch", "bool")],
    "PictureInput": [("input", "int"), ("width", "int"), ("height", "int"), ("layout", "ubyte"), ("color", "ubyte"),
                     ("mean", "[float]"), ("std", "[float]"), ("resize", "ubyte"), ("pad", "int"),
                     ("crop_short", "int"), ("color_source", "ubyte"), ("mean_source", "ubyte"),
                     ("std_source", "ubyte"), ("resize_source", "ubyte"), ("pad_source", "ubyte")],
    "IoContract": [("pictures", "[PictureInput]")],
    "DecodeOutput": [("output", "int"), ("role", "ubyte"), ("layout", "ubyte"), ("stride", "int"),
                     ("anchors", "[float]")],
    "DecodeContract": [("family", "ubyte"), ("outputs", "[DecodeOutput]"), ("classes", "int"), ("labels", "[string]"),
                       ("boxes_decoded", "bool"), ("scores_activated", "bool"), ("reg_max", "int"),
                       ("strides", "[int]"), ("score_threshold", "float"), ("iou_threshold", "float"),
                       ("class_agnostic_nms", "bool"), ("max_detections", "int"), ("family_source", "ubyte"),
                       ("scores_source", "ubyte"), ("anchors_source", "ubyte"), ("strides_source", "ubyte"),
                       ("classes_source", "ubyte"), ("labels_source", "ubyte")],
    "FileDigest": [("name", "string"), ("sha256", "string")],
    "Text": [("key", "string"), ("value", "string")],
    "Provenance": [("tool", "string"), ("version", "string"), ("commit", "string"), ("model", "FileDigest"),
                   ("calibration", "[FileDigest]"), ("options", "[Text]"), ("passes", "[string]"),
                   ("notes", "[Text]")],
    "LayerQuality": [("name", "string"), ("sqnr_local", "double"), ("cosine_local", "double"),
                     ("sqnr_accumulated", "double"), ("cosine_accumulated", "double")],
    "RuleResult": [("rule", "string"), ("outcome", "ubyte"), ("evidence", "string")],
    "KeptFloat": [("name", "string"), ("reason", "string")],
    "Number": [("key", "string"), ("value", "double")],
    "GoldenInput": [("source", "ubyte"), ("seed", "ulong"), ("low", "double"), ("high", "double"), ("width", "int"),
                    ("height", "int"), ("picture", "[ubyte]"), ("hash", "ulong")],
    "GoldenObject": [("label", "int"), ("numbers", "[uint]")],
    "GoldenVector": [("inputs", "[GoldenInput]"), ("hashes", "[ulong]"), ("result", "ubyte"),
                     ("objects", "[GoldenObject]")],
    "Golden": [("vectors", "[GoldenVector]"), ("definitions", "[ulong]"), ("contracts", "ulong")],
    "Quality": [("verdict", "ubyte"), ("reasons", "[string]"), ("gate", "string"), ("layers", "[LayerQuality]"),
                ("rules", "[RuleResult]"), ("kept_float", "[KeptFloat]"), ("numbers", "[Number]"),
                ("texts", "[Text]")],
}
ROOTS = {"program": "Program", "io_contract": "IoContract", "decode_contract": "DecodeContract",
         "provenance": "Provenance", "quality": "Quality", "golden": "Golden"}
SCALARS = {"ubyte": "<B", "bool": "<?", "int": "<i", "uint": "<I", "long": "<q", "ulong": "<Q", "float": "<f", "double": "<d"}
ATTRIBUTE_VALUES = ["int_value", "float_value", "text", "ints", "floats", "texts"]
DTYPES = ["none", "f32", "f16", "bf16", "f64", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "bool"]


class Refused(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def number(value):
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return value


class Walker:
    """Reads one FlatBuffers section: a table begins with the distance back to its list of field positions."""

    def __init__(self, data):
        self.data = data

    def scalar(self, kind, at):
        if at < 0:
            raise Refused(4, "a reference leads out of its section")
        return struct.unpack_from(SCALARS[kind], self.data, at)[0]

    def follow(self, at):
        return at + struct.unpack_from("<I", self.data, at)[0]

    def text(self, at):
        size = struct.unpack_from("<I", self.data, at)[0]
        if at + 4 + size > len(self.data):
            raise Refused(4, "a text leads out of its section")
        return self.data[at + 4:at + 4 + size].decode("utf-8", "backslashreplace")

    def items(self, kind, at):
        count = struct.unpack_from("<I", self.data, at)[0]
        at += 4
        if kind == "Blob":
            return [dict(zip(("offset", "size"), struct.unpack_from("<QQ", self.data, at + 16 * i)))
                    for i in range(count)]
        if kind in SCALARS:
            size = struct.calcsize(SCALARS[kind])
            return [number(self.scalar(kind, at + size * i)) for i in range(count)]
        return [self.value(kind, self.follow(at + 4 * i)) for i in range(count)]

    def value(self, kind, at):
        if kind == "string":
            return self.text(at)
        if kind.startswith("["):
            return self.items(kind[1:-1], at)
        return self.table(kind, at)

    def table(self, name, at):
        fields_at = at - struct.unpack_from("<i", self.data, at)[0]
        known = (struct.unpack_from("<H", self.data, fields_at)[0] - 4) // 2
        result = {}
        for index, (field, kind, *default) in enumerate(TABLES[name]):
            place = struct.unpack_from("<H", self.data, fields_at + 4 + 2 * index)[0] if index < known else 0
            if kind in SCALARS:
                absent = default[0] if default else struct.unpack(SCALARS[kind], bytes(struct.calcsize(SCALARS[kind])))[0]
                result[field] = number(self.scalar(kind, at + place)) if place else absent
            elif place:
                result[field] = self.value(kind, self.follow(at + place))
            else:
                result[field] = "" if kind == "string" else [] if kind.startswith("[") else self.empty(kind)
        return result

    def empty(self, name):
        return {field: "" if kind == "string" else [] for field, kind, *_ in TABLES[name]}

    def root(self, name):
        return self.table(name, self.follow(0))


class Bits:
    """Bits of a coded picture, the most significant of a byte first."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def get(self, count):
        value = 0
        for _ in range(count):
            byte = self.data[self.at // 8] if self.at // 8 < len(self.data) else 0
            value = value << 1 | byte >> (7 - self.at % 8) & 1
            self.at += 1
        return value


def level(difference):
    size = abs(difference)
    value = 0 if size == 0 else 1 if size < 3 else 2 if size < 7 else 3 if size < 21 else 4
    return -value if difference < 0 else value


def read_plane(bits, width, height):
    contexts = [[4, 1, 0, 0] for _ in range(365)]  # magnitude, count, bias, correction
    rows, above = [], [128] * width
    for y in range(height):
        check(bits.at <= 8 * len(bits.data), "a coded picture ends too early")
        if bits.get(1):
            rows.append(above)
            continue
        row = []
        for x in range(width):
            left = row[x - 1] if x else above[0] if y else 128
            up = above[x] if y else left
            corner = (above[x - 1] if x else above[0]) if y else left
            after = above[min(x + 1, width - 1)] if y else left
            low, high = min(left, up), max(left, up)
            guess = low if corner >= high else high if corner <= low else left + up - corner
            index = (level(after - up) * 9 + level(up - corner)) * 9 + level(corner - left)
            sign = -1 if index < 0 else 1
            context = contexts[abs(index)]
            guess = min(max(guess + sign * context[3], 0), 255)
            k = 0
            while context[1] << k < context[0]:
                k += 1
            ones = 0
            while ones < 24 and bits.get(1):
                ones += 1
            mapped = ones << k | bits.get(k) if ones < 24 else bits.get(8)
            check(mapped <= 255, "a coded picture is damaged")
            error = mapped // 2 if mapped % 2 == 0 else -(mapped // 2) - 1
            row.append((guess + sign * error) % 256)
            context[0] += abs(error)
            context[2] += error
            if context[1] == 64:
                context[0] //= 2
                context[1] //= 2
                context[2] = context[2] // 2
            context[1] += 1
            if context[2] <= -context[1]:
                context[2] = max(context[2] + context[1], 1 - context[1])
                context[3] = max(context[3] - 1, -128)
            elif context[2] > 0:
                context[2] = min(context[2] - context[1], 0)
                context[3] = min(context[3] + 1, 127)
        rows.append(row)
        above = row
    return [value for row in rows for value in row]


def picture_pixels(code, width, height, channels):
    bits = Bits(bytes(code))
    planes = [read_plane(bits, width, height) for _ in range(channels)]
    left = 8 * len(bits.data) - bits.at
    check(0 <= left < 8 and bits.get(left) == 0, "bytes behind the end of a coded picture")
    if channels == 1:
        return bytes(planes[0])
    return bytes(value for green, red, blue in zip(*planes)
                 for value in ((red + green - 128) % 256, green, (blue + green - 128) % 256))


def describe_golden(golden, io_contract):
    channels = {picture["input"]: 1 if picture["color"] == 2 else 3 for picture in io_contract["pictures"]}
    for vector in golden["vectors"]:
        for index, given in enumerate(vector["inputs"]):
            code = given.pop("picture")
            given["picture_bytes"] = len(code)
            given["pixels_sha256"] = ""
            if given["source"] == 1:
                check(index in channels, "a golden picture without its contract")
                check(0 < given["width"] <= 4096 and 0 < given["height"] <= 4096, "a golden picture of no size")
                pixels = picture_pixels(code, given["width"], given["height"], channels[index])
                given["pixels_sha256"] = hashlib.sha256(pixels).hexdigest()


def check(condition, message, code=4):
    if not condition:
        raise Refused(code, message)


def read_container(data):
    check(data[:8] == MAGIC, "not a Plumb artifact")
    check(len(data) >= 64, "truncated: the header has 64 bytes")
    format_version, numerics, size, count, reserved = struct.unpack_from("<IIQII", data, 8)
    check(format_version == FORMAT_VERSION, f"format version {format_version}", 5)
    check(numerics == NUMERICS_VERSION, f"numerics version {numerics}", 5)
    check(size == len(data), f"the header says {size} bytes, the file has {len(data)}")
    end = 64 + 64 * count
    check(count <= 64 and end <= len(data), f"a table of {count} sections")
    check(hashlib.sha256(data[:32] + data[64:end]).digest() == data[32:64], "header and table: wrong SHA-256")
    check(reserved == 0, "a reserved field of the header is not zero")
    sections = []
    last = 0
    for at in range(64, 64 + 64 * count, 64):
        ident, flags, offset, length, zero = struct.unpack_from("<IIQQQ", data, at)
        name = SECTION_NAMES.get(ident, "unknown")
        check(ident > last, f"section {ident} is out of order")
        check(flags & ~REQUIRED == 0 and zero == 0, f"section {ident}: unknown flags, or a reserved field is not zero")
        check(not flags or name != "unknown", f"section {ident} is required and not known", 5)
        check(offset == -(-end // 64) * 64 and offset + length <= len(data), f"section {ident} does not fit")
        check(not any(data[end:offset]), f"bytes other than zero before section {ident}")
        digest = data[at + 32:at + 64]
        check(hashlib.sha256(data[offset:offset + length]).digest() == digest, f"section {ident}: wrong SHA-256")
        sections.append({"id": ident, "name": name, "flags": flags, "offset": offset, "size": length,
                         "sha256": digest.hex()})
        last = ident
        end = offset + length
    check(end == len(data), "bytes after the last section")
    return {"format_version": format_version, "numerics_version": numerics, "file_size": size, "sections": sections}


def describe_program(program, weights):
    for record in program["records"]:
        attributes = {}
        for attribute in record["attributes"]:
            check(attribute["kind"] < len(ATTRIBUTE_VALUES), "an attribute of unknown kind")
            attributes[attribute["name"]] = attribute[ATTRIBUTE_VALUES[attribute["kind"]]]
        record["attributes"] = attributes
    for owner in program["tensors"] + program["inputs"] + program["outputs"]:
        check(0 < owner["dtype"] < len(DTYPES), "an element type that does not exist")
        owner["dtype"] = DTYPES[owner["dtype"]]
    for blob in program["constants"]:
        check(blob["size"] == 0 or blob["offset"] + blob["size"] <= len(weights), "a constant outside the weights")
        blob["sha256"] = hashlib.sha256(weights[blob["offset"]:blob["offset"] + blob["size"]]).hexdigest()
    return program


def read(data, contents=True):
    result = read_container(data)
    parts = {s["name"]: data[s["offset"]:s["offset"] + s["size"]] for s in result["sections"]}
    check("program" in parts and "weights" in parts, "no program or no weights")
    if contents:
        result.update(read_variant(parts, ""))
        result["batch"] = read_batch(parts["batch"]) if "batch" in parts else 1
        result["variants"] = []
        while f"program of variant {len(result['variants']) + 1}" in parts:
            result["variants"].append(read_variant(parts, f" of variant {len(result['variants']) + 1}"))
        for name in parts:
            variant = int(name.rpartition(" ")[2]) if " of variant " in name else 0
            check(variant <= len(result["variants"]), f"section {name}, and {len(result['variants'])} variants")
    return result


def read_variant(parts, suffix):
    result = {}
    for name, root in ROOTS.items():
        if name + suffix in parts:
            try:
                result[name] = Walker(parts[name + suffix]).root(root)
            except struct.error as error:
                raise Refused(4, f"section {name}{suffix}: {error}") from error
    describe_program(result["program"], parts["weights"])
    if "golden" in result:
        describe_golden(result["golden"], result.get("io_contract", {"pictures": []}))
    return result


def read_batch(section):
    check(len(section) == 4, "the batch has 4 bytes")
    batch = struct.unpack("<I", section)[0]
    check(2 <= batch <= 4096, f"a batch of {batch}")
    return batch


def main(arguments):
    paths = [a for a in arguments if a != "--sections"]
    if len(paths) != 1 or paths[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(paths[0], "rb") as file:
            result = read(file.read(), "--sections" not in arguments)
    except OSError as error:
        print(f"{paths[0]}: {error.strerror}", file=sys.stderr)
        return 7
    except Refused as refused:
        print(f"{paths[0]}: {refused}", file=sys.stderr)
        return refused.code
    json.dump(result, sys.stdout, indent=1, ensure_ascii=False)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
