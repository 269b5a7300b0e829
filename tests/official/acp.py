"""A client of an ACP agent: one prompt. Prints what its user sees, in order."""
import json
import os
import subprocess
import sys

agent = subprocess.Popen(["node", os.environ["ACP_AGENT"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def send(**fields):
    agent.stdin.write(json.dumps({"jsonrpc": "2.0", **fields}) + "\n")
    agent.stdin.flush()


def permit(request):
    print("permission for", request["params"]["toolCall"]["title"])
    option = next(option for option in request["params"]["options"] if option["kind"] == "allow_once")
    outcome = {"outcome": "selected", "optionId": option["optionId"]}
    send(id=request["id"], result={"outcome": outcome})


def reply_to(number):
    for line in agent.stdout:
        message = json.loads(line)
        match message.get("method"):
            case "session/request_permission":
                permit(message)
            case "session/update" if message["params"]["update"]["sessionUpdate"] == "agent_message_chunk":
                print("text", message["params"]["update"]["content"]["text"])
            case None if message["id"] == number:
                return message["result"]
    sys.exit("the agent ended")


send(id=1, method="initialize", params={"protocolVersion": 1, "clientCapabilities": {}})
reply_to(1)
send(id=2, method="session/new", params={"cwd": os.getcwd(), "mcpServers": []})
session = reply_to(2)["sessionId"]
# The adapter's first mode lets the model decide.
send(id=3, method="session/set_mode", params={"sessionId": session, "modeId": "default"})
reply_to(3)
prompt = [{"type": "text", "text": " ".join(sys.argv[1:])}]
send(id=4, method="session/prompt", params={"sessionId": session, "prompt": prompt})
print("end", reply_to(4)["stopReason"])
agent.stdin.close()
agent.wait(10)
