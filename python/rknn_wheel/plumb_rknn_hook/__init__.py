"""Makes `import rknn` and `import rknnlite` find Plumb's drop-ins, unless the vendor's packages are installed.

The drop-ins stay in plumb/dropins, so that installing this package overwrites no file of the vendor's. plumb_rknn.pth runs
install() when Python starts. Where another rknn or rknnlite can be imported, that one is imported, and a warning says so;
`plumb python SCRIPT` puts the drop-ins in front in any case.
"""
import os
import sys

NAMES = ("rknn", "rknnlite")


class VendorInstalled(UserWarning):
    """Another rknn or rknnlite is installed; it is used, and Plumb's is not."""


class _Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in NAMES:
            return None
        import importlib.util
        from importlib.machinery import PathFinder
        other = PathFinder.find_spec(name)
        ours = importlib.util.find_spec("plumb")
        if ours is None:
            return other
        folder = os.path.join(os.path.dirname(ours.origin), "dropins")
        if other is not None:
            origin = other.origin or ", ".join(other.submodule_search_locations or [])
            if not origin.startswith(folder):
                import warnings
                warnings.warn(f"plumb-rknn does not replace '{name}' of another package ({origin}): that one is imported. "
                              f"Uninstall it, or run the script with 'plumb python', to use Plumb's.",
                              VendorInstalled, stacklevel=2)
            return other
        return PathFinder.find_spec(name, [folder])


def install():
    """Adds the finder, once."""
    if not any(finder is _Finder for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder)
