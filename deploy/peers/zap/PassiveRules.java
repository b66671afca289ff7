package scanledger.zap;

import net.htmlparser.jericho.Source;
import org.parosproxy.paros.core.scanner.Alert;
import org.parosproxy.paros.model.HistoryReference;
import org.parosproxy.paros.network.HttpMessage;
import org.zaproxy.zap.extension.pscan.PassiveScanActions;
import org.zaproxy.zap.extension.pscan.PassiveScanTaskHelper;
import org.zaproxy.zap.extension.pscan.PluginPassiveScanner;

/** Two rules that look at answers. */
final class PassiveRules {

    private PassiveRules() {}

    abstract static class Rule extends PluginPassiveScanner {
        private final int id;
        private final String name;

        Rule(int id, String name) {
            this.id = id;
            this.name = name;
        }

        @Override
        public int getPluginId() {
            return id;
        }

        @Override
        public String getName() {
            return name;
        }

        @Override
        public void setTaskHelper(PassiveScanTaskHelper helper) {
            setPassiveScanActions(
                    new PassiveScanActions() {
                        @Override
                        public void addHistoryTag(HistoryReference reference, String tag) {
                            helper.addHistoryTag(reference, tag);
                        }

                        @Override
                        public void raiseAlert(HistoryReference reference, Alert alert) {
                            helper.raiseAlert(reference, alert);
                        }
                    });
        }
    }

    /** 990001: a page that other sites may frame. */
    static class Framing extends Rule {
        Framing() {
            super(990001, "Test: framing not restricted");
        }

        @Override
        public void scanHttpResponseReceive(HttpMessage msg, int id, Source source) {
            if (msg.getResponseHeader().getStatusCode() == 200
                    && msg.getResponseHeader().getHeader("X-Frame-Options") == null) {
                newAlert()
                        .setRisk(Alert.RISK_MEDIUM)
                        .setConfidence(Alert.CONFIDENCE_MEDIUM)
                        .setDescription("The page may be framed.")
                        .setSolution("Send X-Frame-Options.")
                        .setParam("x-frame-options")
                        .setReference("https://www.rfc-editor.org/rfc/rfc7034")
                        .setCweId(1021)
                        .raise();
            }
        }
    }

    /** 990002: a Server header with a version. */
    static class ServerVersion extends Rule {
        ServerVersion() {
            super(990002, "Test: server tells its version");
        }

        @Override
        public void scanHttpResponseReceive(HttpMessage msg, int id, Source source) {
            String server = msg.getResponseHeader().getHeader("Server");
            if (server != null && server.contains("/")) {
                newAlert()
                        .setRisk(Alert.RISK_LOW)
                        .setConfidence(Alert.CONFIDENCE_HIGH)
                        .setDescription("Version in Server header.")
                        .setSolution("Hide it.")
                        .setEvidence(server)
                        .setCweId(200)
                        .raise();
            }
        }
    }
}
