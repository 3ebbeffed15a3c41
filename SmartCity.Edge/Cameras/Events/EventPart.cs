using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace SmartCity.Edge.Cameras.Events;

/// <summary>One part of an event's body, or the whole of a body that has no parts.</summary>
/// <param name="Name">Its names in Content-Disposition; may be empty.</param>
internal sealed record EventPart(string Name, byte[] Content)
{
    private static readonly byte[] Mark = [0xEF, 0xBB, 0xBF];

    public bool IsPicture => Content.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) || Content.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47]);

    /// <summary>Without a byte order mark and white space around it.</summary>
    public ReadOnlyMemory<byte> Text
    {
        get
        {
            var from = Content.AsSpan().StartsWith(Mark) ? Mark.Length : 0;
            return Content.AsMemory(from).Trim(" \t\r\n\0"u8);
        }
    }

    public bool Begins(ReadOnlySpan<byte> with) => !IsPicture && Text.Span.StartsWith(with);

    /// <exception cref="InvalidDataException">The parts cannot be told apart; the message says why.</exception>
    public static async Task<IReadOnlyList<EventPart>> ReadAsync(string? contentType, byte[] body, CancellationToken cancellationToken)
    {
        if (contentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) != true)
        {
            return [new EventPart("", body)];
        }

        var boundary = MediaTypeHeaderValue.TryParse(contentType, out var type) ? HeaderUtilities.RemoveQuotes(type.Boundary).ToString() : "";
        if (boundary.Length == 0)
        {
            throw new InvalidDataException($"Content-Type is '{contentType}' and names no boundary.");
        }

        var parts = new List<EventPart>();
        try
        {
            var reader = new MultipartReader(boundary, new MemoryStream(body));
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                using var content = new MemoryStream();
                await section.Body.CopyToAsync(content, cancellationToken);
                var names = ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition) ? $"{disposition.Name} {disposition.FileName}" : "";
                parts.Add(new EventPart(names, content.ToArray()));
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new InvalidDataException($"The multipart body cannot be read: {e.Message}", e);
        }

        return parts;
    }
}
