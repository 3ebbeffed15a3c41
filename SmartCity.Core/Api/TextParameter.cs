using Npgsql;
using NpgsqlTypes;

namespace SmartCity.Core.Api;

/// <summary>A text that may be null, of a type that Postgres need not guess.</summary>
internal static class TextParameter
{
    public static NpgsqlParameter Of(string? text) => new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
