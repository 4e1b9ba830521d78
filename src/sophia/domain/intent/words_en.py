"""The English words that the classifier knows.

Verbs are base forms, with irregular past forms after a slash (withdraw/withdrew/withdrawn).
What a verb asks for is its key: change, create and fix need somebody to act; read is looking a state up; tell is
explaining; write is composing or transforming text; ticket is passing on to somebody; light verbs (dar, hacer, get,
make) ask for what their object says.
"""

__all__ = ["ENGLISH_FUNCTION", "ENGLISH_VERBS"]

ENGLISH_VERBS: dict[str, str] = {
    "change": """
        block unblock reopen allow whitelist allowlist blacklist blocklist denylist open close shut/shut/shut isolate
        quarantine release contain rotate restart reboot reload bounce patch update upgrade downgrade revoke
        delete remove purge drop kill terminate disable enable activate deactivate turn switch unlock lock
        reset/reset/reset change modify edit adjust tweak tune raise lower increase decrease bump extend renew
        shorten move migrate transfer rename restore revert undo/undid/undone rollback wipe reimage reinstall
        uninstall apply push cut/cut/cut disconnect reconnect detach expire suspend pause resume stop start fail
        force enforce restrict limit tighten exempt exclude mute silence snooze sinkhole blackhole throttle
        redirect point route reroute decommission retire kick flush clear empty drain resize expand shrink strip
        take/took/taken yank swap replace encrypt decrypt flip merge redeploy cancel deny ban segment harden
        power boot reassign demote promote withdraw/withdrew/withdrawn cordon evict untag scrub nuke unblacklist
        reprovision roll cycle downscale upscale reissue resync sync unenroll unenrol deprovision pin unpin
        refresh relax loosen truncate archive rekey bring/brought/brought put/put/put rebuild/rebuilt/rebuilt
        remediate reverse shift lift scrap bin sever unplug sunset thaw unfreeze dismantle deregister cap whack
        wind drag erase zap fence trash eject blank clean free restrain trim unmute void axe ditch chop
        torch slam clamp dial crank knock swing/swung/swung park mothball neutralise neutralize
        sanitise sanitize deprecate retarget repoint reseat deallocate invalidate unassign unshare unlink relocate
        offboard rehome reorder renumber relabel retag rebalance hibernate unban tear/tore/torn hide/hid/hidden cull
        squash nix chuck shred bar forbid/forbade/forbidden prohibit defang obsolete power-cycle powercycle
        re-enable reinstate ring-fence ringfence whittle evacuate oust banish expel re-route reflash
        """,
    "create": """
        create provision deploy install onboard enrol enroll grant issue assign build/built/built generate configure
        register allocate order arrange organise organize plant schedule establish integrate connect invite mint
        add spin stand/stood/stood hook implement commission licence license subscribe procure setup ingest
        activate admit roll equip supply forward publish carve bake kit wire craft spawn bootstrap seed instantiate
        alert enlist furnish entitle federate attach mount
        """,
    "fix": "fix repair resolve sort troubleshoot investigate diagnose recover revive mend rectify remedy address "
    "re-run rerun solve unstick correct debug",
    "read": """
        show list check pull fetch search look count verify confirm query see/saw/seen grab compare display
        read/read/read dump retrieve export run/ran/run lookup find/found/found fish dig report inspect calculate
        plot graph chart print tally count trace enumerate monitor review
        """,
    "tell": """
        explain tell/told/told describe define clarify remind teach/taught/taught elaborate outline walk guide
        advise know/knew/known understand/understood/understood learn educate quote cite recite repeat talk speak
        contrast discuss justify
        """,
    "write": """
        write/wrote/written draft translate summarise summarize rewrite/rewrote/rewritten rephrase proofread shorten
        word compose prepare correct polish convert reword boil brainstorm suggest paraphrase format sketch edit
        reformat reply answer respond phrase misspell soften invent jot say simplify condense spellcheck tidy imagine
        """,
    "ticket": "escalate raise log file submit lodge refer hand pass route forward",
    "light": "give/gave/given get/got/got/gotten make/made/made do/did/done set/set/set have/had/had put/put/put "
    "open send/sent/sent take/took/taken turn run/ran/run pull share help let/let/let "
    "bring/brought/brought arrange come/came/come report",
}
ENGLISH_FUNCTION = frozenset(
    """
        the a an of to in on at for with from by and or but is are was were be been it its this that these those
        my our your his her their i we you he she they me us them not do does did has have had can could would
        should will just please what which who how when where why if so than then there here as into out up off
        any all some
        """.split()
)
