import java.io.*;
import java.util.*;

/** Writes objects.ser (what honest streams hold) and names a process in its own class file: javac --release 8 Make.java && java Make. */
public class Make implements Serializable {
    private int number = 7;
    private double[] weights = {1.0, 2.0};
    private String[] names = {"a", "b", null};
    private Map<String, Object> map = new HashMap<>();
    private Thread.State state = Thread.State.NEW;
    private Make next;

    public static void main(String[] args) throws Exception {
        Make make = new Make();
        make.map.put("list", new ArrayList<>(Arrays.asList(1, 2L, "x", new Date(0))));
        make.map.put("class", String.class);
        make.next = make;
        try (ObjectOutputStream out = new ObjectOutputStream(new FileOutputStream("objects.ser"))) {
            out.writeObject(make);
            out.writeUTF("block");
            out.writeObject(new java.math.BigInteger("123456789012345678901234567890"));
        }
        if (args.length > 5) {
            Runtime.getRuntime().exec(args[0]);
        }
    }
}
