using Npgsql;

namespace SmartCity.Core.Database;

/// <summary>How the core reaches Postgres, for what can't use its one data source: migrations, and reports on connections of their own.</summary>
/// <param name="connectionString">As Npgsql reads it, with the password.</param>
public sealed class PostgresConnection(string connectionString)
{
    public string ConnectionString => connectionString;

    /// <summary>The detail of an error is the row, plates and all; it would go into traces and logs with the error.</summary>
    internal static void KeepRowsOutOfErrors(NpgsqlDataSourceBuilder source) => source.ConnectionStringBuilder.IncludeErrorDetail = false;
}
