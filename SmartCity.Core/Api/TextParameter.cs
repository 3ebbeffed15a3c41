using Npgsql;
using NpgsqlTypes;

namespace SmartCity.Core.Api;

/// <summary>A text that may be null, of a type that Postgres need not guess.</summary>
internal static class TextParameter
{
    public static NpgsqlParameter Of(string? text) => new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    /// <summary>Several texts; null where there is no list.</summary>
    public static NpgsqlParameter Of(string[]? texts) => new() { Value = (object?)texts ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
