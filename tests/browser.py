"""A headless Chromium that a test talks to over its DevTools protocol."""

import itertools
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import websocket

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage")


class Browser:
    """One tab. What goes wrong on a page, and what it asks for, is in :attr:`faults` and :attr:`requests`.

    Args:
        profile: Folder for what the browser keeps.
    """

    def __init__(self, profile: Path) -> None:
        options = (*_FLAGS, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank")
        self.process = subprocess.Popen([str(CHROMIUM), *options], stderr=subprocess.PIPE, text=True)
        lines = iter(self.process.stderr.readline, "")
        address = next(line.split()[-1] for line in lines if line.startswith("DevTools listening on"))
        self.socket = websocket.create_connection(address, timeout=60, suppress_origin=True)
        self.numbers, self.session = itertools.count(1), {}
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.loaded = False
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = {"sessionId": self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Give an order and return the answer to it."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters, **self.session}))
        while (message := json.loads(self.socket.recv())).get("id") != number:
            self._note(message)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        return message["result"]

    def _note(self, message: dict[str, Any]) -> None:
        method, facts = message.get("method"), message.get("params", {})
        if method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Network.requestWillBeSent":
            self.requests.append(facts["request"]["url"])
        elif method == "Network.loadingFailed":
            self.faults.append(f"failed: {facts['errorText']}")
        elif method == "Runtime.exceptionThrown":
            self.faults.append(f"exception: {facts['exceptionDetails']['text']}")
        elif method == "Log.entryAdded" and facts["entry"]["level"] in ("warning", "error"):
            self.faults.append(f"{facts['entry']['level']}: {facts['entry']['text']}")
        elif method == "Runtime.consoleAPICalled" and facts["type"] in ("error", "warning", "assert"):
            self.faults.append(f"console: {facts['args'][0].get('value')}")

    def resize(self, width: int, height: int = 844) -> None:
        """Set the width of the window in CSS pixels."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def open(self, address: str) -> None:
        """Load a page and wait until all that it shows is there."""
        self.faults.clear()
        self.requests.clear()
        self.loaded = False
        self.send("Page.navigate", url=address)
        while not self.loaded:
            self._note(json.loads(self.socket.recv()))

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression on the page."""
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def close(self) -> None:
        """End the browser."""
        self.socket.close()
        self.process.terminate()
        self.process.wait(20)
        self.process.stderr.close()
