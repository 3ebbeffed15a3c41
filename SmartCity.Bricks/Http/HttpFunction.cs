using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace SmartCity.Bricks.Http;

/// <summary>A function at an address: each event is POSTed to it as CloudEvents' HTTP binding has it (binary mode). 2xx is done; 400, 413, 415 and 422 are rejections; all else may succeed later.</summary>
/// <param name="client">Whoever gives it says where it may reach.</param>
public sealed class HttpFunction<T>(HttpClient client, Uri address, JsonSerializerOptions? json = null)
{
    public async ValueTask<Result> CallAsync(CloudEvent<T> e, CancellationToken cancellationToken)
    {
        using var request = Request(e);
        try
        {
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var said = $"{address.GetLeftPart(UriPartial.Path)} answered {(int)answer.StatusCode} {answer.ReasonPhrase}.";
            return answer.IsSuccessStatusCode ? Result.Done
                : answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnsupportedMediaType or HttpStatusCode.UnprocessableEntity ? Result.Rejected(said)
                : Result.Failed(said);
        }
        catch (HttpRequestException fault)
        {
            return Result.Failed($"{address.GetLeftPart(UriPartial.Path)} could not be reached: {fault.Message}");
        }
    }

    /// <summary>The request for an event, for whoever signs it or sends it by a schedule of their own.</summary>
    public HttpRequestMessage Request(CloudEvent<T> e)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(EventData<T>.Write(e.Data, json ?? JsonSerializerOptions.Web)) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(e.DataContentType ?? EventData<T>.ContentType);
        void Add(string name, string? value)
        {
            if (value is not null)
            {
                request.Headers.Add("ce-" + name, string.Concat(value.EnumerateRunes().Select(r => r.Value is > 0x20 and < 0x7F and not ('"' or '%') ? r.ToString() : Uri.EscapeDataString(r.ToString()))));
            }
        }

        Add("specversion", "1.0");
        Add("id", e.Id);
        Add("source", e.Source);
        Add("type", e.Type);
        Add("subject", e.Subject);
        Add("time", e.Time?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));
        Add("dataschema", e.DataSchema);
        Add("partitionkey", e.Key);
        if (Activity.Current is null && e.TraceParent is not null)
        {
            request.Headers.Add("traceparent", e.TraceParent);
        }

        return request;
    }
}
