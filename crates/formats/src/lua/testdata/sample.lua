os.execute("echo one")
local run = os["exe" .. "cute"]
run("echo two")
local pipe = io.popen("echo three", "r")
pipe:read("*a")
local function hidden(x)
  if x then
    run("echo four")
  end
  return function() return x end
end
loadstring("os.execute([[echo five]])")
local socket = require("socket")
socket.connect("198.51.100.7", 4444)
