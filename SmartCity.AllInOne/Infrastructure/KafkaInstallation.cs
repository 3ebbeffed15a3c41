using System.Text.RegularExpressions;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>An Apache Kafka installation, <c>KAFKA_HOME</c>, and the Java that runs it.</summary>
internal sealed partial record KafkaInstallation(string Home, string Java, string Version)
{
    private const int LeastJava = 17;

    // Quick to start and small: these brokers serve one station each, on a machine that does much else.
    private static readonly string[] Tuning = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Djava.awt.headless=true"];

    /// <exception cref="InvalidOperationException">There is no Kafka, no MirrorMaker or no Java; the message says what to do.</exception>
    public static async Task<KafkaInstallation> FindAsync(string home, CancellationToken cancellationToken)
    {
        var libraries = Path.Combine(home, "libs");
        var mirror = Directory.Exists(libraries) ? Directory.EnumerateFiles(libraries, "connect-mirror-*.jar").Select(Path.GetFileNameWithoutExtension).FirstOrDefault(n => !n!.Contains("client", StringComparison.Ordinal)) : null;
        if (mirror is null)
        {
            throw new InvalidOperationException($"KAFKA_HOME is {home}, which has no libs/connect-mirror-*.jar. Set it to the folder of an Apache Kafka installation, or unset it for brokers inside this process.");
        }

        var java = FindJava() ?? throw new InvalidOperationException($"KAFKA_HOME is set, but Java is missing. Install Java {LeastJava} or later and set JAVA_HOME or PATH, or unset KAFKA_HOME.");
        var version = await JavaVersionAsync(java, cancellationToken);
        return version >= LeastJava
            ? new KafkaInstallation(home, java, mirror["connect-mirror-".Length..])
            : throw new InvalidOperationException($"Kafka needs Java {LeastJava} or later; {java} is {version}. Set JAVA_HOME to a later one.");
    }

    public static string? FindJava() =>
        Environment.GetEnvironmentVariable("JAVA_HOME") is { Length: > 0 } home && File.Exists(Path.Combine(home, "bin", "java"))
            ? Path.Combine(home, "bin", "java")
            : Processes.Find("java");

    public static async Task<int> JavaVersionAsync(string java, CancellationToken cancellationToken)
    {
        var said = await Processes.RunAsync(java, ["--version"], cancellationToken);
        return MajorVersion().Match(said) is { Success: true } match ? int.Parse(match.ValueSpan, System.Globalization.CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>The command that runs a class of Kafka's.</summary>
    /// <param name="heapMegabytes">Largest heap.</param>
    /// <param name="log">Where it writes its log; null for tools, which say little.</param>
    public IReadOnlyList<string> Command(string mainClass, int heapMegabytes, KafkaLog? log, IEnumerable<string> arguments) =>
    [
        Java, $"-Xmx{heapMegabytes}m", .. Tuning, .. log is null ? (string[])[] : [$"-Dlog4j2.configurationFile={log.Configuration}"],
        "-cp", Path.Combine(Home, "libs", "*"), mainClass, .. arguments,
    ];

    [GeneratedRegex(@"(?<=^\S+ )\d+", RegexOptions.CultureInvariant)]
    private static partial Regex MajorVersion();
}
