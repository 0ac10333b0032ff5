"""Makes docs/report.webp, the picture of a run's page: of the session that README.md shows, which is carried out anew.

`python tools/make_screenshot.py` needs PyPI, chromium, chromedriver and Pillow, which matplotlib brings. Run it after a change
of the page's looks.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from make_session import session
from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "report.webp"
WIDTH, HEIGHT, SCALE = 1120, 1400, 1.25


def screenshot(page: Path) -> bytes:
    """The top of the page as a PNG file."""
    options = webdriver.ChromeOptions()
    for option in ("--headless=new", "--no-sandbox", "--hide-scrollbars"):
        options.add_argument(option)
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": SCALE, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.get(page.as_uri())
        return browser.get_screenshot_as_png()
    finally:
        browser.quit()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        strop, page = Path(sys.executable).with_name("strop"), Path(folder) / "page.html"
        session(strop, Path(folder))
        (project,) = Path(folder).glob("rouge*/")
        (run,) = (path.parent for path in project.glob("runs/*/run.sqlite") if not path.parent.is_symlink())
        subprocess.run([strop, "view", run.relative_to(project), "--html", page], cwd=project, check=True)
        Image.open(io.BytesIO(screenshot(page))).convert("RGB").save(PICTURE, quality=82, method=6)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size:,} bytes")
