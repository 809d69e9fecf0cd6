// javac -g:none --release 8 Static.java && mv Static.class static.class: what runs when the class is loaded.
class Static {
    static Process process;

    static {
        try {
            process = Runtime.getRuntime().exec("id");
        } catch (java.io.IOException error) {
            process = null;
        }
    }

    static void later() throws java.io.IOException {
        new java.net.Socket("localhost", 1).close();
    }
}
