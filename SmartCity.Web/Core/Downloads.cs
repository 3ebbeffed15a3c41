using Microsoft.JSInterop;

namespace SmartCity.Web.Core;

/// <summary>Files of the core for the browser to keep. What is asked for goes into the body of a form: addresses are logged, and these would hold plates and reasons.</summary>
public sealed class Downloads(IJSRuntime js)
{
    /// <param name="path">Of the API, behind <c>api/</c>.</param>
    /// <param name="fields">Parameters; those without a value are left out.</param>
    /// <param name="reason">Goes to the audit.</param>
    public async Task SaveAsync(string path, IEnumerable<(string Name, string? Value)> fields, string? reason)
    {
        await PostAsync(CoreFiles.Download, fields.Append((CoreFiles.Path, path)), reason);
    }

    /// <summary>The answer to a statement.</summary>
    /// <param name="format">csv or parquet.</param>
    /// <param name="reason">Goes to the audit, and shows plates to who may see them; null for none.</param>
    public Task SaveSqlAsync(string sql, string format, string? reason) => PostAsync(CoreFiles.DownloadSql, [(CoreFiles.Sql, sql), (CoreFiles.Format, format)], reason);

    private async Task PostAsync(string address, IEnumerable<(string Name, string? Value)> fields, string? reason)
    {
        await using var module = await js.InvokeAsync<IJSObjectReference>("import", "./js/save.js");
        var given = fields.Append((CoreFiles.Reason, reason)).Where(f => !string.IsNullOrEmpty(f.Item2));
        await module.InvokeVoidAsync("post", address, given.Select(f => new[] { f.Item1, f.Item2 }).ToArray());
    }
}
