package scanledger.zap;

import java.io.IOException;
import org.parosproxy.paros.core.scanner.AbstractAppParamPlugin;
import org.parosproxy.paros.core.scanner.Alert;
import org.parosproxy.paros.core.scanner.Category;
import org.parosproxy.paros.network.HttpMessage;

/** 990003: a parameter that comes back as markup. It asks a number of times, so that it takes a while. */
public class ReflectedRule extends AbstractAppParamPlugin {

    private static final String ATTACK = "<i>sl990003</i>";

    @Override
    public void scan(HttpMessage msg, String param, String value) {
        try {
            for (int n = 0; n < 20 && !isStop(); n++) {
                HttpMessage attack = getNewMsg();
                setParameter(attack, param, ATTACK);
                sendAndReceive(attack);
                if (n == 0 && attack.getResponseBody().toString().contains(ATTACK)) {
                    newAlert()
                            .setConfidence(Alert.CONFIDENCE_MEDIUM)
                            .setParam(param)
                            .setAttack(ATTACK)
                            .setEvidence(ATTACK)
                            .setMessage(attack)
                            .raise();
                }
            }
        } catch (IOException e) {
            // a server that does not answer reflects nothing
        }
    }

    @Override
    public int getId() {
        return 990003;
    }

    @Override
    public String getName() {
        return "Test: reflected markup";
    }

    @Override
    public String getDescription() {
        return "The parameter comes back unescaped.";
    }

    @Override
    public String getSolution() {
        return "Escape output.";
    }

    @Override
    public String getReference() {
        return "https://owasp.org/www-community/attacks/xss/";
    }

    @Override
    public int getCategory() {
        return Category.INJECTION;
    }

    @Override
    public int getRisk() {
        return Alert.RISK_HIGH;
    }

    @Override
    public int getCweId() {
        return 79;
    }

    @Override
    public int getWascId() {
        return 8;
    }
}
