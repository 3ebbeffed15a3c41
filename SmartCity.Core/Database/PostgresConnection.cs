using Npgsql;

namespace SmartCity.Core.Database;

/// <summary>How the core reaches Postgres, for what can't use its one data source: migrations, and reports on connections of their own.</summary>
/// <param name="connectionString">As Npgsql reads it, with the password.</param>
public sealed class PostgresConnection(string connectionString)
{
    private const int KeepAliveSeconds = 6;

    public string ConnectionString => connectionString;

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
