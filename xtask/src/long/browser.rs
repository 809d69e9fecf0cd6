//! A headless Chromium, spoken to through pipes by the DevTools protocol: no port, no other program.

use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

/// A browser that ends with this value.
pub(super) struct Browser {
    process: Child,
    to: File,
    from: BufReader<File>,
    folder: PathBuf,
    session: Option<String>,
    next: u64,
    /// Events that came while an answer was waited for.
    events: VecDeque<Value>,
}

impl Browser {
    /// Starts one, with `folder` for its pipes and its profile.
    pub(super) fn start(folder: &Path) -> Result<Self, String> {
        let program = ["chromium", "chromium-browser", "google-chrome"]
            .into_iter()
            .find(|name| super::succeeds(name, &["--version"]));
        let program = program.ok_or("there is no Chromium here: apt-get install chromium")?;
        let pipes = ["to", "from"].map(|name| folder.join(name));
        for pipe in &pipes {
            let _ = fs::remove_file(pipe);
            super::command("mkfifo", &[&pipe.to_string_lossy()])?;
        }
        let [to, from] = &pipes;
        // Descriptors 3 and 4 are where `--remote-debugging-pipe` listens and speaks.
        let script = "exec \"$0\" \"$@\" 3<\"$PIPE_TO\" 4>\"$PIPE_FROM\"";
        let profile = format!("--user-data-dir={}", folder.join("profile").display());
        let process = Command::new("sh")
            .args(["-c", script, program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--hide-scrollbars", "--remote-debugging-pipe", &profile, "about:blank"])
            .env("PIPE_TO", to)
            .env("PIPE_FROM", from)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(told)?;
        let to = File::options().write(true).open(to).map_err(told)?;
        let from = BufReader::new(File::open(from).map_err(told)?);
        let mut browser =
            Self { process, to, from, folder: folder.into(), session: None, next: 0, events: VecDeque::new() };
        browser.attach()?;
        Ok(browser)
    }

    /// Opens a tab of our own and asks for all that could go wrong in it.
    fn attach(&mut self) -> Result<(), String> {
        let tab = self.ask("Target.createTarget", json!({"url": "about:blank"}))?;
        let session = self.ask("Target.attachToTarget", json!({"targetId": tab["targetId"], "flatten": true}))?;
        self.session = session["sessionId"].as_str().map(Into::into);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.ask(&format!("{domain}.enable"), json!({}))?;
        }
        Ok(())
    }

    /// Asks and waits for the answer.
    pub(super) fn ask(&mut self, method: &str, parameters: Value) -> Result<Value, String> {
        self.next += 1;
        let id = self.next;
        let mut message = json!({"id": id, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        self.to.write_all(format!("{message}\0").as_bytes()).map_err(told)?;
        loop {
            let answer = self.read()?;
            if answer["id"] == id {
                return match answer.get("error") {
                    Some(error) => Err(format!("{method}: {error}")),
                    None => Ok(answer["result"].clone()),
                };
            }
            self.events.push_back(answer);
        }
    }

    fn read(&mut self) -> Result<Value, String> {
        let mut message = Vec::new();
        self.from.read_until(0, &mut message).map_err(told)?;
        let end = message.pop().ok_or("the browser has ended")?;
        if end == 0 { serde_json::from_slice(&message).map_err(told) } else { Err("the browser broke off".into()) }
    }

    /// Opens a file and waits until it is loaded. A dialog is noted and closed: a page that opens one would wait for ever.
    pub(super) fn open(&mut self, file: &Path) -> Result<(), String> {
        self.events.clear();
        let url = format!("file://{}", file.display());
        self.ask("Page.navigate", json!({"url": url}))?;
        let mut seen = 0;
        loop {
            while let Some(event) = self.events.get(seen).cloned() {
                seen += 1;
                match event["method"].as_str() {
                    Some("Page.loadEventFired") => return Ok(()),
                    Some("Page.javascriptDialogOpening") => {
                        self.ask("Page.handleJavaScriptDialog", json!({"accept": false}))?;
                    }
                    _ => {}
                }
            }
            let event = self.read()?;
            self.events.push_back(event);
        }
    }

    /// The value of an expression in the page.
    pub(super) fn evaluate(&mut self, expression: &str) -> Result<Value, String> {
        let answer = self.ask("Runtime.evaluate", json!({"expression": expression, "returnByValue": true}))?;
        match answer.get("exceptionDetails") {
            Some(error) => Err(format!("{expression}: {error}")),
            None => Ok(answer["result"]["value"].clone()),
        }
    }

    /// Everything that must not happen and did, since the page was opened: dialogs, errors, refusals of the policy, requests.
    pub(super) fn trouble(&mut self) -> Result<Vec<String>, String> {
        // What the page sent before this answer is here with it.
        self.evaluate("0")?;
        let told = |event: &Value| {
            let parameters = &event["params"];
            match event["method"].as_str()? {
                "Page.javascriptDialogOpening" => Some(format!("a dialog: {}", parameters["message"])),
                "Runtime.exceptionThrown" => Some(format!("an exception: {}", parameters["exceptionDetails"])),
                "Runtime.consoleAPICalled" => Some(format!("on the console: {}", parameters["args"])),
                "Log.entryAdded" => Some(format!("in the log: {}", parameters["entry"]["text"])),
                "Network.requestWillBeSent" => {
                    let url = parameters["request"]["url"].as_str()?;
                    (!url.starts_with("file://")).then(|| format!("a request: {url}"))
                }
                _ => None,
            }
        };
        Ok(self.events.iter().filter_map(told).collect())
    }

    /// Shows the page `width` wide, light or dark, and saves the picture of the whole of it, up to a height.
    pub(super) fn picture(&mut self, width: u64, dark: bool, file: &Path) -> Result<(), String> {
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.ask("Emulation.setEmulatedMedia", json!({"features": features}))?;
        let mut size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.ask("Emulation.setDeviceMetricsOverride", size.clone())?;
        let height = self.evaluate("document.documentElement.scrollHeight")?.as_u64().unwrap_or(900);
        size["height"] = height.clamp(600, 3_000).into();
        self.ask("Emulation.setDeviceMetricsOverride", size)?;
        let picture = self.ask("Page.captureScreenshot", json!({"format": "png"}))?;
        fs::write(file, base64(picture["data"].as_str().unwrap_or_default())).map_err(told)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.session = None;
        if self.ask("Browser.close", json!({})).is_err() {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
        for name in ["to", "from"] {
            let _ = fs::remove_file(self.folder.join(name));
        }
        let _ = fs::remove_dir_all(self.folder.join("profile"));
    }
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The bytes of Base64 text.
fn base64(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        (bits, count) = ((bits << 6) | u32::from(value), count + 6);
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    out
}
