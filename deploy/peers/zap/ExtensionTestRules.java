package scanledger.zap;

import java.util.ArrayList;
import java.util.List;
import javax.swing.ImageIcon;
import org.parosproxy.paros.control.Control;
import org.parosproxy.paros.extension.ExtensionAdaptor;
import org.parosproxy.paros.extension.ExtensionHook;
import org.parosproxy.paros.extension.SessionChangedListener;
import org.parosproxy.paros.extension.history.ExtensionHistory;
import org.parosproxy.paros.model.Session;
import org.zaproxy.zap.extension.alert.ExtensionAlert;
import org.zaproxy.zap.extension.pscan.ExtensionPassiveScan;
import org.zaproxy.zap.extension.pscan.PassiveController;
import org.zaproxy.zap.extension.pscan.PassiveScanAPI;
import org.zaproxy.zap.extension.pscan.PassiveScanController;
import org.zaproxy.zap.extension.pscan.PassiveScanParam;
import org.zaproxy.zap.extension.pscan.PassiveScanRuleManager;
import org.zaproxy.zap.extension.pscan.PassiveScanner;
import org.zaproxy.zap.extension.pscan.PluginPassiveScanner;
import org.zaproxy.zap.view.ScanStatus;

/** Does for the core what the add-on pscan does: runs passive rules, and has an API for them. */
public class ExtensionTestRules extends ExtensionAdaptor
        implements PassiveScanRuleManager, PassiveController, SessionChangedListener {

    private final List<PassiveScanner> rules = new ArrayList<>();
    private Controller controller;

    /** The core's, with what it has for its own package alone. */
    private static class Controller extends PassiveScanController {
        Controller(ExtensionPassiveScan core, ExtensionHistory history, ExtensionAlert alert, PassiveScanParam param) {
            super(core, history, alert, param, new ScanStatus(new ImageIcon(), "test"));
        }

        int left() {
            return getRecordsToScan();
        }

        void end() {
            shutdown();
        }
    }

    public ExtensionTestRules() {
        super("ExtensionTestRules");
    }

    @Override
    public void hook(ExtensionHook hook) {
        for (PluginPassiveScanner rule :
                List.of(new PassiveRules.Framing(), new PassiveRules.ServerVersion())) {
            rule.setConfig(getModel().getOptionsParam().getConfig());
            rules.add(rule);
        }
        ExtensionPassiveScan core = core();
        core.setPassiveScanRuleManager(this);
        core.setPassiveController(this);
        hook.addApiImplementor(new PassiveScanAPI(core));
        hook.addSessionListener(this);
    }

    @Override
    public void postInit() {
        begin(getModel().getSession());
    }

    private ExtensionPassiveScan core() {
        return Control.getSingleton().getExtensionLoader().getExtension(ExtensionPassiveScan.class);
    }

    private void begin(Session session) {
        var loader = Control.getSingleton().getExtensionLoader();
        PassiveScanParam param = new PassiveScanParam();
        param.load(getModel().getOptionsParam().getConfig());
        controller =
                new Controller(
                        core(),
                        loader.getExtension(ExtensionHistory.class),
                        loader.getExtension(ExtensionAlert.class),
                        param);
        controller.setSession(session);
        controller.start();
    }

    @Override
    public void sessionAboutToChange(Session session) {
        controller.end();
    }

    @Override
    public void sessionChanged(Session session) {
        begin(session);
    }

    @Override
    public void sessionScopeChanged(Session session) {}

    @Override
    public void sessionModeChanged(Control.Mode mode) {}

    @Override
    public int getRecordsToScan() {
        return controller.left();
    }

    @Override
    public void clearQueue() {
        controller.clearQueue();
    }

    @Override
    public boolean add(PassiveScanner rule) {
        return rules.add(rule);
    }

    @Override
    public PassiveScanner getScanRule(int id) {
        return getPluginScanRules().stream().filter(r -> r.getPluginId() == id).findAny().orElse(null);
    }

    @Override
    public List<PassiveScanner> getScanRules() {
        return rules;
    }

    @Override
    public List<PluginPassiveScanner> getPluginScanRules() {
        List<PluginPassiveScanner> all = new ArrayList<>();
        for (PassiveScanner rule : rules) {
            if (rule instanceof PluginPassiveScanner) {
                all.add((PluginPassiveScanner) rule);
            }
        }
        return all;
    }

    @Override
    public boolean remove(PassiveScanner rule) {
        return rules.remove(rule);
    }

    @Override
    public boolean remove(String name) {
        return rules.removeIf(r -> r.getClass().getName().equals(name));
    }
}
