using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace SmartCity.Bench.Live;

/// <summary>
/// Somebody at the Live page without a browser: a Blazor circuit as blazor.web.js opens it, each render acknowledged, each picture that a render
/// names fetched. The server has the work of a viewer; this machine is spared fifty browsers.
/// </summary>
internal sealed partial class CircuitViewer : IAsyncDisposable
{
    private const float ListPixels = 640;

    private readonly HttpClient _http;
    private readonly HubConnection _hub;
    private readonly HashSet<string> _fetched = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _rows = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _renders;
    private long _bytes;
    private long _pictures;
    private int _objects;

    private CircuitViewer(HttpClient http, HubConnection hub) => (_http, _hub) = (http, hub);

    public long Renders => Interlocked.Read(ref _renders);

    public long RenderedBytes => Interlocked.Read(ref _bytes);

    public long Pictures => Interlocked.Read(ref _pictures);

    /// <param name="cookies">Of somebody who has signed in.</param>
    public static async Task<CircuitViewer> OpenAsync(Uri address, CookieContainer cookies, CancellationToken cancellationToken)
    {
        var http = new HttpClient(new SocketsHttpHandler { CookieContainer = cookies, UseCookies = true }) { BaseAddress = address };
        var page = await http.GetStringAsync(new Uri("/", UriKind.Relative), cancellationToken);
        var markers = $"[{string.Join(',', Marker().Matches(page).Select(m => m.Groups[1].Value))}]";
        var builder = new HubConnectionBuilder().WithUrl(new Uri(address, "_blazor"), options => options.Cookies = cookies);
        builder.Services.AddSignalRCore();
        builder.AddMessagePackProtocol();
        var inner = builder.Services.Last(s => s.ServiceType == typeof(IHubProtocol));
        builder.Services.Remove(inner);
        builder.Services.AddSingleton<IHubProtocol>(new BlazorPack());
        var viewer = new CircuitViewer(http, builder.Build());
        viewer.Listen();
        await viewer._hub.StartAsync(cancellationToken);
        var circuit = await viewer._hub.InvokeAsync<string?>("StartCircuit", address.ToString(), address.ToString(), markers, "", cancellationToken);
        if (circuit is null)
        {
            throw new InvalidOperationException("The console refused a circuit.");
        }

        await viewer._rows.Task.WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);
        return viewer;
    }

    /// <summary>Cookies after signing in on the console's form.</summary>
    public static async Task<CookieContainer> SignInAsync(Uri address, string name, string password, CancellationToken cancellationToken)
    {
        var cookies = new CookieContainer();
        using var http = new HttpClient(new SocketsHttpHandler { CookieContainer = cookies }) { BaseAddress = address };
        var form = await http.GetStringAsync(new Uri("/sign-in", UriKind.Relative), cancellationToken);
        using var filled = new FormUrlEncodedContent(
            Hidden().Matches(form).Select(m => KeyValuePair.Create(m.Groups[1].Value, WebUtility.HtmlDecode(m.Groups[2].Value)))
                .Append(KeyValuePair.Create("Form.Name", name)).Append(KeyValuePair.Create("Form.Password", password)));
        using var answer = await http.PostAsync(new Uri("/sign-in", UriKind.Relative), filled, cancellationToken);
        return answer.RequestMessage!.RequestUri!.AbsolutePath == "/"
            ? cookies
            : throw new InvalidOperationException($"Signing in led to {answer.RequestMessage.RequestUri} ({(int)answer.StatusCode}).");
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        _http.Dispose();
    }

    private void Listen()
    {
        _hub.On<int, string>("JS.AttachComponent", (_, _) => { });
        _hub.On<long, byte[]>("JS.RenderBatch", RenderedAsync);
        _hub.On<long, string, string, int, long, int>("JS.BeginInvokeJS", AnswerAsync);
        _hub.On<string>("JS.EndInvokeDotNet", _ => { });
        _hub.On<string>("JS.Error", error => _rows.TrySetException(new InvalidOperationException("The circuit failed: " + error)));
        _hub.Closed += error =>
        {
            _rows.TrySetException(error ?? new IOException("The circuit was closed."));
            return Task.CompletedTask;
        };
    }

    private async Task RenderedAsync(long batch, byte[] data)
    {
        Interlocked.Increment(ref _renders);
        Interlocked.Add(ref _bytes, data.Length);
        await _hub.SendAsync("OnRenderCompleted", batch, null);
        foreach (var match in Picture().EnumerateMatches(Encoding.Latin1.GetString(data)))
        {
            var path = Encoding.Latin1.GetString(data, match.Index, match.Length);
            if (_fetched.Add(path))
            {
                _rows.TrySetResult();
                _ = FetchAsync(path);
            }
        }
    }

    private async Task FetchAsync(string path)
    {
        using var response = await _http.GetAsync(new Uri(path, UriKind.Relative));
        await response.Content.ReadAsByteArrayAsync();
        if (response.IsSuccessStatusCode)
        {
            Interlocked.Increment(ref _pictures);
        }
    }

    // What the page's scripts would say. The list says how high it is, or no row would be rendered.
    private async Task AnswerAsync(long call, string name, string arguments, int resultType, long target, int kind)
    {
        var result = resultType == 1 ? $"{{\"__jsObjectId\":{Interlocked.Increment(ref _objects)}}}" : name.StartsWith("smartcityTheme", StringComparison.Ordinal) ? "\"dark\"" : "null";
        if (call != 0)
        {
            await _hub.SendAsync("EndInvokeJSFromDotNet", call, true, $"[{call},true,{result}]");
        }

        if (name.EndsWith("Virtualize.init", StringComparison.Ordinal) && DotNetObject().Match(arguments) is { Success: true } list)
        {
            await _hub.SendAsync("BeginInvokeDotNetFromJS", "1", null, "OnSpacerBeforeVisible", long.Parse(list.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), JsonSerializer.Serialize(new[] { 0f, 0f, ListPixels }));
        }
    }

    [GeneratedRegex("<!--Blazor:(\\{.*?\"type\":\"server\".*?\\})-->")]
    private static partial Regex Marker();

    [GeneratedRegex("<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"")]
    private static partial Regex Hidden();

    [GeneratedRegex("/evidence/[a-zA-Z0-9/._-]+\\.plate\\.jpg")]
    private static partial Regex Picture();

    [GeneratedRegex("\"__dotNetObject\":(\\d+)")]
    private static partial Regex DotNetObject();

    /// <summary>MessagePack under the name that Blazor's hub knows it by.</summary>
    private sealed class BlazorPack : IHubProtocol
    {
        private readonly MessagePackHubProtocol _inner = new();

        public string Name => "blazorpack";

        public int Version => _inner.Version;

        public TransferFormat TransferFormat => _inner.TransferFormat;

        public ReadOnlyMemory<byte> GetMessageBytes(HubMessage message) => _inner.GetMessageBytes(message);

        public bool IsVersionSupported(int version) => _inner.IsVersionSupported(version);

        public bool TryParseMessage(ref ReadOnlySequence<byte> input, IInvocationBinder binder, [NotNullWhen(true)] out HubMessage? message) => _inner.TryParseMessage(ref input, binder, out message);

        public void WriteMessage(HubMessage message, IBufferWriter<byte> output) => _inner.WriteMessage(message, output);
    }
}
