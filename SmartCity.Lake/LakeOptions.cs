using System.ComponentModel.DataAnnotations;

namespace SmartCity.Lake;

/// <summary>Section <c>Lake</c>: where analysts connect, and what one of them may use.</summary>
public sealed class LakeOptions
{
    public const string Section = "Lake";

    /// <summary>Address to listen on; <c>0.0.0.0</c> for all.</summary>
    [Required]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>0 for any that is free.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = 5433;

    /// <summary>A certificate with its key, both PEM, with which clients may encrypt. The way on to Postgres is then not encrypted: keep it inside a machine or a network of your own.</summary>
    public string? CertificateFile { get; set; }

    public string? CertificateKeyFile { get; set; }

    /// <summary>A second port, which takes encrypted connections alone, with the certificate of the https addresses (<c>Kestrel:Certificates:Default</c>); null for none.</summary>
    [Range(0, 65535)]
    public int? SecurePort { get; set; }

    /// <summary>Host and port at which Postgres reaches this process, for statements that join the lake with live tables; null if Postgres is on this machine, empty for no such statements.</summary>
    public string? ForeignAddress { get; set; }

    /// <summary>Where Postgres' machine has the certificate of the authority that signed this process' own, PEM. With it Postgres speaks to no other; null if it has none.</summary>
    public string? ForeignAuthorityFile { get; set; }

    /// <summary>A role that may read the schema <c>city</c> from the first start on; null for none. It is made if it is missing and a password is given.</summary>
    public string? Analyst { get; set; }

    /// <summary>Its password; null leaves it as it is.</summary>
    public string? AnalystPassword { get; set; }

    /// <summary>Whether it may see plates and keepers, from each start on, unless somebody has admitted it by hand.</summary>
    public bool AnalystSeesPlates { get; set; } = true;

    /// <summary>A second role with the same limits, which sees no plates: the console asks as it for people who may see none, and so do dashboards. Null for none.</summary>
    public string? AnalystWithoutPlates { get; set; }

    /// <summary>Its password, which is another than the analyst's: who knows it must not see plates. Null leaves it as it is.</summary>
    public string? AnalystWithoutPlatesPassword { get; set; }

    /// <summary>Connections that each may have at a time.</summary>
    [Range(1, 10_000)]
    public int AnalystConnections { get; set; } = 20;

    /// <summary>How long a statement of its may run, unless its session says otherwise.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan AnalystTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long it may leave a transaction open in which it does nothing, unless its session says otherwise.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan AnalystIdle { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Clients at a time. Each has a connection to Postgres, which the core needs too.</summary>
    [Range(1, 10_000)]
    public int MostSessions { get; set; } = 30;

    /// <summary>Statements that run in the lake at a time; others wait for their turn.</summary>
    [Range(1, 64)]
    public int MostQueries { get; set; } = 2;

    /// <summary>Memory for all of them together, in bytes.</summary>
    [Range(256L * 1024 * 1024, 1024L * 1024 * 1024 * 1024)]
    public long Memory { get; set; } = 1024L * 1024 * 1024;

    /// <summary>Threads of one statement; 0 for as many as there are processors.</summary>
    [Range(0, 256)]
    public int Threads { get; set; }

    /// <summary>What one statement may write to disk when its memory is full, in bytes.</summary>
    [Range(0, 1024L * 1024 * 1024 * 1024)]
    public long SpillBytes { get; set; } = 4L * 1024 * 1024 * 1024;

    /// <summary>Folder for copies of the lake's files and for what statements spill; null for one below the temporary folder.</summary>
    public string? Folder { get; set; }

    /// <summary>Bytes of files that are kept there. Files of a lake that is a folder are read where they are.</summary>
    [Range(64L * 1024 * 1024, 1024L * 1024 * 1024 * 1024 * 1024)]
    public long CacheBytes { get; set; } = 16L * 1024 * 1024 * 1024;

    /// <summary>Rows that a statement may return.</summary>
    [Range(1, 1_000_000_000)]
    public long MostRows { get; set; } = 1_000_000;

    /// <summary>Rows of a table that Postgres may fetch for a statement of its own, if the statement has no bound of time that leaves rows out.</summary>
    [Range(1, 1_000_000_000)]
    public long MostForeignRows { get; set; } = 100_000;

    /// <summary>Bytes on disk that wait until Postgres or a client takes them, of all statements together.</summary>
    [Range(0, 1024L * 1024 * 1024 * 1024)]
    public long FetchedBytes { get; set; } = 4L * 1024 * 1024 * 1024;

    /// <summary>Bytes that a statement may return.</summary>
    [Range(1024, 1024L * 1024 * 1024 * 1024)]
    public long MostBytes { get; set; } = 512L * 1024 * 1024;

    /// <summary>How long a statement may run in the lake; <c>statement_timeout</c> of the session may make it shorter.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Days of a table that one statement may read.</summary>
    [Range(1, 100_000)]
    public int MostDays { get; set; } = 800;

    /// <summary>The former name of <see cref="MostDays"/>, which a later release does not read.</summary>
    [Range(1, 100_000)]
    public int? MostDaysUnbounded { get; set; }

    public string FolderOrDefault => Folder ?? Path.Combine(Path.GetTempPath(), "smartcity-lake");
}
