"""A module that does what modules should not do."""

from __future__ import annotations

import os
import signal
import sys
import time

from ansible.module_utils.basic import AnsibleModule


def misbehave(module, how):
    if how == "crash":
        raise ValueError("something broke")
    if how == "exit":
        sys.exit("some last words")
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "hang":
        time.sleep(60)
    if how == "noise":
        print("said by the way")
    if how == "warn":
        module.warn("be careful")
        module.deprecate("this is old", version="9.0.0", collection_name="playvisor.proxmox")
    if how == "fail":
        module.fail_json("it must not be", reason=["a", module.params["hidden"]])
    if how == "spoil":
        os.environ["SPOILT"] = "1"
        os.umask(0o777)
        os.chdir("/")


def main():
    module = AnsibleModule(
        {"how": {"type": "str"}, "hidden": {"type": "str", "no_log": True}}, supports_check_mode=True
    )
    how = module.params["how"]
    if how == "return":
        return
    misbehave(module, how)
    umask = os.umask(0)
    module.exit_json(
        changed=how == "look",
        temporary=os.path.isdir(module.tmpdir) if how == "temporary" else None,
        text=f"<{module.params['hidden']}>",
        seen=[os.getcwd(), umask, os.environ.get("SPOILT"), os.environ.get("GIVEN"), sys.stdin.read()],
        mode=[module.check_mode, module._diff, module._verbosity],
        here="ansible.executor.task_executor" in sys.modules,
    )


if __name__ == "__main__":
    main()
