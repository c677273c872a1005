"""Images that are the project's own but for something, as `docker save` writes them."""

import hashlib
import io
import json
import subprocess
import tarfile


def changed(binary, name, layers=(), promised=None, **config):
    """The files of an archive: the project's image under another name, with this in its configuration, and these layers on top of its own. The
    configuration promises their digests, or others."""
    packed = subprocess.run([binary.with_name("berth-demo"), "pack", "-"], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        files = {member.name: archive.extractfile(member).read() for member in archive}
    (image,) = json.loads(files["manifest.json"])
    whole = json.loads(files.pop(image["Config"]))
    whole["config"] |= config
    for layer in layers:
        digest = hashlib.sha256(layer).hexdigest()
        whole["rootfs"]["diff_ids"].append(f"sha256:{promised or digest}")
        image["Layers"].append(f"{digest}/layer.tar")
        files[image["Layers"][-1]] = layer
    content = json.dumps(whole).encode()
    image |= {"Config": f"{hashlib.sha256(content).hexdigest()}.json", "RepoTags": [name]}
    return files | {image["Config"]: content, "manifest.json": json.dumps([image]).encode()}


def write(path, files):
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def variant(node, name, folder, **changes):
    """Imports what `changed` makes, and answers its name."""
    archive = write(folder / "variant.tar", changed(node.binary, name, **changes))
    node.run("image", "import", str(archive))
    return name
