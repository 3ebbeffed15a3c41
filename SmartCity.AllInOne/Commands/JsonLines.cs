using System.Text.Json;
using SmartCity.AllInOne.Diagnosis;

namespace SmartCity.AllInOne.Commands;

/// <summary>What a command answers with: one JSON object a line.</summary>
internal static class JsonLines
{
    /// <summary>Without line breaks.</summary>
    public static readonly JsonSerializerOptions Options = new(Finding.Json) { WriteIndented = false };

    /// <returns>The exit status of success.</returns>
    public static async Task<int> PrintAsync<T>(IEnumerable<T> lines)
    {
        foreach (var line in lines)
        {
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(line, Options));
        }

        return 0;
    }
}
