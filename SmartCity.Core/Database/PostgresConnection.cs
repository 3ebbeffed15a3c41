using Npgsql;

namespace SmartCity.Core.Database;

/// <summary>How the core reaches Postgres, for what can't use its one data source: migrations, and reports on connections of their own.</summary>
/// <param name="connectionString">As Npgsql reads it, with the password.</param>
/// <param name="owner">The same for the role that owns the tables, where the core works as another one; null if it works as the owner.</param>
public sealed class PostgresConnection(string connectionString, string? owner = null)
{
    /// <summary>Name of the connection string of the owner.</summary>
    public const string OwnerName = "postgres-owner";

    private const int KeepAliveSeconds = 6;

    public string ConnectionString => connectionString;

    /// <summary>For migrations; null where the core works as the owner.</summary>
    public string? OwnerConnectionString => string.IsNullOrWhiteSpace(owner) ? null : owner;

    /// <summary>The detail of an error is the row, plates and all; it would go into traces and logs with the error.</summary>
    internal static void KeepRowsOutOfErrors(NpgsqlDataSourceBuilder source) => source.ConnectionStringBuilder.IncludeErrorDetail = false;

    /// <summary>
    /// A connection whose other end has gone without a word is found out within a minute, unless the connection string says otherwise: the core
    /// sends a packet when nothing has come for some seconds, even in the middle of a long statement. A Unix socket needs none of this, and refuses it.
    /// </summary>
    internal static void NoticeWhatIsGone(NpgsqlDataSourceBuilder source)
    {
        var settings = source.ConnectionStringBuilder;
        if (!settings.TcpKeepAlive && settings.Host?.StartsWith('/') != true)
        {
            (settings.TcpKeepAlive, settings.TcpKeepAliveTime, settings.TcpKeepAliveInterval) = (true, KeepAliveSeconds, KeepAliveSeconds);
        }
    }
}
