"""The commands and their help. What a command needs is imported when it runs, so that every other one starts fast."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from mcp_bridge import version

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
RunId = Annotated[str, typer.Argument(metavar="ID", help="Id of the run; its first characters are enough.")]
PlanId = Annotated[str, typer.Argument(metavar="ID", help="Id of the plan; its first characters are enough.")]

app = typer.Typer(
    name="playvisor",
    help="Operate Proxmox VE: every action a playbook run, previewed, recorded and verifiable.",
    epilog=(
        "Exit status: 0 done, 1 the run failed, 2 bad usage or argument, 3 refused or waiting for approval, "
        "4 cluster unreachable or login refused."
    ),
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
tools = typer.Typer(help="Show what Playvisor can do.", no_args_is_help=True)
runs = typer.Typer(help="Look at what was done, and prove it.", no_args_is_help=True)
sim = typer.Typer(
    help="Serve a simulated Proxmox VE cluster until stopped, and print how to connect to it.",
    invoke_without_command=True,
)
mcp = typer.Typer(help="Serve the tools to AI clients that speak MCP.", invoke_without_command=True)
approvals = typer.Typer(help="Decide on plans that are held for approval.", no_args_is_help=True)
tokens = typer.Typer(help="Decide which clients may come over HTTP.", no_args_is_help=True)
policy = typer.Typer(help="Look at what is allowed, and try it.", no_args_is_help=True)
app.add_typer(tools, name="tools")
app.add_typer(runs, name="runs")
app.add_typer(approvals, name="approvals")
app.add_typer(policy, name="policy")
app.add_typer(tokens, name="tokens")
app.add_typer(sim, name="sim")
app.add_typer(mcp, name="mcp")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"playvisor {version()}")
        raise typer.Exit


@app.callback()
def playvisor(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Operate Proxmox VE: every action a playbook run, previewed, recorded and verifiable."""


@tools.command("list")
def tools_list(as_json: Json = False) -> None:
    """List the tools and their effect."""
    from mcp_bridge.cli.tools import list_tools

    list_tools(as_json=as_json)


@tools.command("show")
def tools_show(
    name: Annotated[str, typer.Argument(help="Name of the tool, such as stop_guest.")], as_json: Json = False
) -> None:
    """Show what a tool does, its options and an example."""
    from mcp_bridge.cli.tools import show_tool

    show_tool(name, as_json=as_json)


@app.command()
def call(
    tool: Annotated[str, typer.Argument(help="Name of the tool; `playvisor tools list` shows them.")],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME=VALUE]...", help="Arguments, such as name=web-01 or guests.tags=web,prod."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only show the plan, change nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Call a tool.

    Lists are written a,b or repeated; a dot leads into an object; JSON works everywhere:
    playvisor call list_guests guests.tags=web guests.status=running
    """
    from mcp_bridge.cli.call import call_tool

    raise typer.Exit(call_tool(tool, arguments or [], check=check, as_json=as_json))


@app.command("apply")
def apply_plan(plan_id: PlanId, as_json: Json = False) -> None:
    """Apply a kept plan: exactly that one, once, or it is refused as drifted."""
    from mcp_bridge.cli.call import call_with

    raise typer.Exit(call_with("apply_plan", {"plan_id": plan_id}, as_json=as_json))


@runs.command("list")
def runs_list(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most this many, newest first.")] = 20,
    tool: Annotated[str | None, typer.Option(help="Only runs of this tool.")] = None,
    client: Annotated[str | None, typer.Option(help="Only runs of this client, such as playvisor-cli.")] = None,
    user: Annotated[str | None, typer.Option(help="Only runs of this local user.")] = None,
    outcome: Annotated[str | None, typer.Option(help="Only runs that ended so: ok, planned, held, failed …")] = None,
    guest: Annotated[str | None, typer.Option(help="Only runs that name this guest, by vmid or name.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only runs since then, in local time.")] = None,
    as_json: Json = False,
) -> None:
    """List runs, newest first."""
    from mcp_bridge.cli.runs import list_runs
    from mcp_bridge.ledger.records import stamp

    wanted = {"tool": tool, "client_name": client, "local_user": user, "outcome": outcome, "guest": guest}
    wanted["since"] = stamp(since.astimezone(UTC)) if since else None
    list_runs(limit, wanted, as_json=as_json)


@runs.command("export")
def runs_export(
    run_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of runs, in this order.")] = None,
    client: Annotated[str | None, typer.Option(help="Everything that this client did, oldest first.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write. [default: stdout]")] = None,
) -> None:
    """Write runs as a playbook that repeats them with plain ansible-playbook; what was secret is prompted for."""
    from mcp_bridge.cli.runs import export_runs

    export_runs(run_ids or [], client, output)


@runs.command("show")
def runs_show(run_id: RunId, as_json: Json = False) -> None:
    """Show everything the ledger knows of a run."""
    from mcp_bridge.cli.runs import show_run

    show_run(run_id, as_json=as_json)


@runs.command("wait")
def runs_wait(
    run_id: RunId,
    timeout: Annotated[int, typer.Option(min=1, max=3600, help="Seconds to wait for at most.")] = 3600,
    as_json: Json = False,
) -> None:
    """Wait until a run has ended, whichever process runs it; ends as the run did."""
    from mcp_bridge.cli.following import wait_run

    raise typer.Exit(wait_run(run_id, timeout, as_json=as_json))


@runs.command("cancel")
def runs_cancel(
    run_id: RunId,
    stop_tasks: Annotated[
        bool, typer.Option("--stop-tasks", help="Stop its tasks in Proxmox VE, too; otherwise they go on.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Cancel a run, whichever process runs it, and say what it had done."""
    from mcp_bridge.cli.following import cancel_run

    raise typer.Exit(cancel_run(run_id, stop_tasks=stop_tasks, as_json=as_json))


@runs.command("events")
def runs_events(run_id: RunId, as_json: Json = False) -> None:
    """Show what Ansible said during a run."""
    from mcp_bridge.cli.runs import show_events

    show_events(run_id, as_json=as_json)


@runs.command("trace")
def runs_trace(run_id: RunId, as_json: Json = False) -> None:
    """Show every request that a run sent to the cluster's API, or tried to."""
    from mcp_bridge.cli.runs import show_trace

    show_trace(run_id, as_json=as_json)


@runs.command("diff")
def runs_diff(run_id: RunId, as_json: Json = False) -> None:
    """Show what a run has changed: before and after."""
    from mcp_bridge.cli.undo import show_diff

    show_diff(run_id, as_json=as_json)


@runs.command("undo")
def runs_undo(
    run_id: RunId,
    check: Annotated[bool, typer.Option("--check", help="Only show the plan, change nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Bring the guests of a run to the state before it, as runs of their own; says what can't be taken back."""
    from mcp_bridge.cli.undo import undo_run

    raise typer.Exit(undo_run(run_id, check=check, as_json=as_json))


@runs.command("verify")
def runs_verify(as_json: Json = False) -> None:
    """Prove offline that neither the ledger nor any artifact was changed. Exit status 1 if one was."""
    from mcp_bridge.cli.runs import verify_runs

    raise typer.Exit(verify_runs(as_json=as_json))


@runs.command("prune")
def runs_prune(
    before: Annotated[datetime | None, typer.Option(help="Remove what is older than this, in local time.")] = None,
    keep_days: Annotated[int | None, typer.Option(min=0, help="Remove what is older than so many days.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without, it only says what it would remove.")] = False,
    as_json: Json = False,
) -> None:
    """Remove old runs and their artifacts, once they are verified; what stays can still be verified."""
    from mcp_bridge.cli.prune import prune_runs

    prune_runs(before, keep_days, yes=yes, as_json=as_json)


@approvals.command("list")
def approvals_list(
    everything: Annotated[bool, typer.Option("--all", help="The newest plans, whatever became of them.")] = False,
    as_json: Json = False,
) -> None:
    """List the plans that wait to be approved, oldest first."""
    from mcp_bridge.cli.approvals import list_plans

    list_plans(everything=everything, as_json=as_json)


@approvals.command("show")
def approvals_show(plan_id: PlanId, as_json: Json = False) -> None:
    """Show all of a plan: the API requests it would send, what it would change, and why it is held."""
    from mcp_bridge.cli.approvals import show_plan

    show_plan(plan_id, as_json=as_json)


@approvals.command("approve")
def approvals_approve(plan_id: PlanId, as_json: Json = False) -> None:
    """Approve a plan: whoever asked may apply exactly this, once, while it is in date."""
    from mcp_bridge.cli.approvals import decide

    decide(plan_id, approve=True, as_json=as_json)


@approvals.command("deny")
def approvals_deny(plan_id: PlanId, as_json: Json = False) -> None:
    """Deny a plan."""
    from mcp_bridge.cli.approvals import decide

    decide(plan_id, approve=False, as_json=as_json)


@policy.command("check")
def policy_check(
    file: Annotated[Path | None, typer.Argument(help="Cedar file. [default: the policy in use]")] = None,
    as_json: Json = False,
) -> None:
    """Check a policy's syntax, and the tools and attributes that it names; list its rules."""
    from mcp_bridge.cli.policy import check

    raise typer.Exit(check(file, as_json=as_json))


@policy.command("explain")
def policy_explain(
    tool: Annotated[str, typer.Argument(help="Name of a tool that changes something, such as stop_guest.")],
    client: Annotated[str, typer.Option(help="Who asks.")] = "somebody",
    person: Annotated[bool, typer.Option("--person", help="A person at the command line asks, not a client.")] = False,
    vmid: Annotated[int, typer.Option(min=100, help="The guest's id.")] = 100,
    name: Annotated[str, typer.Option(help="The guest's name.")] = "",
    node: Annotated[str, typer.Option(help="The guest's node.")] = "",
    pool: Annotated[str, typer.Option(help="The guest's pool.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="A tag of the guest; may be repeated.")] = None,
    protected: Annotated[bool, typer.Option("--protected", help="Its protection flag is set.")] = False,
    targets: Annotated[int, typer.Option(min=1, help="How many such guests at once.")] = 1,
    as_json: Json = False,
) -> None:
    """Show how the policy in use decides, with and without an approval, and by which rules."""
    from mcp_bridge.cli.policy import explain

    guest = {"vmid": vmid, "name": name, "node": node, "pool": pool, "tags": tuple(tag or ()), "protected": protected}
    kind = "person" if person else "client"
    raise typer.Exit(explain(tool, guest, asker=client, kind=kind, targets=targets, as_json=as_json))


@policy.command("test")
def policy_test(
    file: Annotated[Path, typer.Argument(help="YAML file with a list of cases.")], as_json: Json = False
) -> None:
    """Decide the cases in a file by the policy in use. Exit status 1 if one is not decided as it expects."""
    from mcp_bridge.cli.policy import run_cases

    raise typer.Exit(run_cases(file, as_json=as_json))


@app.command()
def freeze(
    why: Annotated[str, typer.Argument(metavar="[WHY]", help="For whoever is stopped by it.")] = "",
    as_json: Json = False,
) -> None:
    """Stop all changes at once, for every client of this state directory, until thawed."""
    from mcp_bridge.cli.approvals import freeze as do_freeze

    do_freeze(why, as_json=as_json)


@app.command()
def thaw(as_json: Json = False) -> None:
    """End a freeze."""
    from mcp_bridge.cli.approvals import thaw as do_thaw

    do_thaw(as_json=as_json)


@tokens.command("create")
def tokens_create(
    name: Annotated[str, typer.Argument(help="Who it is for; the ledger and policies call the client token:NAME.")],
    role: Annotated[list[str] | None, typer.Option(help="A role for policies; may be repeated.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires. [default: never]")] = None,
    as_json: Json = False,
) -> None:
    """Make a token for a client of `playvisor mcp --transport http`; it is printed this once."""
    from mcp_bridge.cli.tokens import create

    create(name, role or [], days, as_json=as_json)


@tokens.command("list")
def tokens_list(as_json: Json = False) -> None:
    """List the tokens, without their secrets."""
    from mcp_bridge.cli.tokens import show

    show(as_json=as_json)


@tokens.command("revoke")
def tokens_revoke(name: Annotated[str, typer.Argument(help="Name of the token.")], as_json: Json = False) -> None:
    """Revoke a token; it is refused from its next request on."""
    from mcp_bridge.cli.tokens import revoke

    revoke(name, as_json=as_json)


@mcp.callback()
def mcp_serve(
    context: typer.Context,
    transport: Annotated[
        Literal["stdio", "http"], typer.Option(help="How clients connect: stdio, or streamable HTTP at /mcp.")
    ] = "stdio",
    mode: Annotated[
        Literal["read", "check", "apply"] | None,
        typer.Option(help="read: only look. check: plans, too. apply: act. [default: PLAYVISOR_MODE, or read]"),
    ] = None,
    toolsets: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="Toolsets to offer, as in observe,power; or all. "
            "[default: observe,power,snapshot,provision,protect,runs]",
        ),
    ] = "",
    tools: Annotated[
        str, typer.Option(metavar="NAMES", help="Tools to offer by name, as in get_guest,start_guest.")
    ] = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="Only look, whatever else is given.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on, for http.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port, for http; 0 takes a free one.")] = 8765,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A name by which clients reach it, for http; may be repeated."),
    ] = None,
    no_auth: Annotated[
        bool, typer.Option("--no-auth", help="Ask for no token, for http; only on a loopback address.")
    ] = False,
    rate: Annotated[int, typer.Option(min=1, help="Requests per minute and token, for http.")] = 300,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate (PEM), for https.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its private key (PEM).")] = None,
) -> None:
    """Serve the tools to AI clients that speak MCP."""
    if context.invoked_subcommand:
        return
    from mcp_bridge.cli.serve import serve_mcp

    listen = {"host": host, "port": port, "names": tuple(allow_host or ()), "auth": not no_auth, "rate": rate}
    tls = {"certificate": tls_cert, "key": tls_key}
    serve_mcp(transport, mode, toolsets, tools, read_only=read_only, listen={**listen, **tls})


@app.command()
def serve() -> None:
    """Make commands of this user faster, until stopped: each is run by a fork of a process that has everything loaded.

    A running `playvisor mcp` does so, too. Commands run as they would otherwise: with their own arguments, environment
    and terminal.
    """
    from mcp_bridge.cli.lend import serve_commands

    serve_commands()


@mcp.command("install")
def mcp_install(
    client: Annotated[str, typer.Argument(help="claude-desktop, claude-code, cursor, vscode, windsurf or gemini-cli.")],
    only_print: Annotated[
        bool, typer.Option("--print", "--dry-run", help="Print what would be written, and write nothing.")
    ] = False,
    mode: Annotated[
        Literal["read", "check", "apply"] | None, typer.Option(help="What it may do at most, as for `playvisor mcp`.")
    ] = None,
    toolsets: Annotated[str, typer.Option(metavar="NAMES", help="Toolsets to offer.")] = "",
    tools: Annotated[str, typer.Option(metavar="NAMES", help="Tools to offer by name.")] = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="Only look, whatever else is given.")] = False,
    name: Annotated[str, typer.Option(help="What the client calls it.")] = "playvisor",
    file: Annotated[Path | None, typer.Option(help="The client's file, where it is not the usual one.")] = None,
    as_json: Json = False,
) -> None:
    """Put Playvisor into an AI client's configuration, for the cluster of this environment; no secrets are written."""
    from mcp_bridge.cli.install import install

    options = {"mode": mode or "", "toolsets": toolsets, "tools": tools, "read-only": "yes" if read_only else ""}
    install(client, name, options, file, only_print=only_print, as_json=as_json)


@sim.callback()
def sim_serve(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    nodes: Annotated[int, typer.Option(min=1, help="Number of nodes.")] = 3,
    guests: Annotated[int, typer.Option(min=0, help="Number of guests.")] = 12,
    seed: Annotated[Path | None, typer.Option(help="YAML or JSON file with the cluster, instead of numbers.")] = None,
    as_json: Json = False,
) -> None:
    """Serve a simulated Proxmox VE cluster until stopped, and print how to connect to it."""
    if context.invoked_subcommand:
        return
    from mcp_bridge.cli.sim import serve_simulator

    raise typer.Exit(serve_simulator(port, nodes, guests, seed, as_json=as_json))


@sim.command("capture")
def sim_capture(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="State file to write, .json or .yaml.")],
    scrub_names: Annotated[
        bool, typer.Option("--scrub-names", help="Put pseudonyms in place of names and addresses.")
    ] = False,
    content: Annotated[bool, typer.Option("--content/--no-content", help="List what is on the storages.")] = True,
    as_json: Json = False,
) -> None:
    """Copy what the cluster looks like into a file, without secrets, to rehearse on it. Only reads the cluster."""
    from mcp_bridge.cli.capture import capture_cluster

    raise typer.Exit(capture_cluster(file, scrub_names=scrub_names, content=content, as_json=as_json))


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check the set-up: is the cluster reachable, as whom, with which privileges, what is missing, how to fix it."""
    from mcp_bridge.cli.doctor import examine

    raise typer.Exit(examine(as_json=as_json))


@app.command()
def demo() -> None:
    """See the whole path work on a simulated cluster, in under a minute; it leaves nothing behind."""
    from mcp_bridge.cli.demo import run_demo

    raise typer.Exit(run_demo())
