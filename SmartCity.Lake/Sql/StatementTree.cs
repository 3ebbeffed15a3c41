using System.Text.Json;
using DuckDB.NET.Data;

namespace SmartCity.Lake.Sql;

/// <summary>A statement as DuckDB's own parser reads it, as a tree.</summary>
internal sealed class StatementTree : IDisposable
{
    private const int MostDepth = 4096;

    private readonly DuckDBConnection _connection = new("DataSource=:memory:");
    private readonly Lock _lock = new();

    public StatementTree()
    {
        _connection.Open();
        using var command = _connection.CreateCommand();
        command.CommandText = "set enable_external_access = false; set threads = 1; set memory_limit = '256MB'; set max_expression_depth = 250; set lock_configuration = true";
        command.ExecuteNonQuery();
    }

    /// <summary>The one SELECT that the text is.</summary>
    /// <exception cref="NotForTheLakeException">It is something else, or more than one.</exception>
    public JsonElement Parse(string sql)
    {
        var plain = SqlText.Checked(sql);
        string text;
        lock (_lock)
        {
            using var command = _connection.CreateCommand();
            command.CommandText = "select json_serialize_sql($1::varchar, skip_null := true, skip_default := true)";
            command.Parameters.Add(new DuckDBParameter(plain));
            text = (string)command.ExecuteScalar()!;
        }

        using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MostDepth });
        var root = document.RootElement;
        return root.TryGetProperty("statements", out var statements) && statements.GetArrayLength() == 1 && statements[0].TryGetProperty("node", out var node)
            ? node.Clone()
            : throw new NotForTheLakeException(root.TryGetProperty("error_message", out var message) ? $"the lake cannot read it ({message.GetString()})" : "it is not one SELECT");
    }

    public void Dispose() => _connection.Dispose();
}
