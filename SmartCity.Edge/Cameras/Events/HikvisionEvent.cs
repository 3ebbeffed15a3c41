using System.Xml;
using System.Xml.Linq;

namespace SmartCity.Edge.Cameras.Events;

/// <summary>
/// Hikvision: <c>multipart/form-data</c> with the XML <c>EventNotificationAlert</c> (eventType <c>ANPR</c>) and pictures, as in "Intelligent Security API (ANPR) Developer
/// Guide", chapter "Alarm or Event Receiving", and "Device Network SDK (Traffic) Developer Guide", message <c>XML_EventNotificationAlert_ANPR</c>. The namespace differs between
/// models and is not looked at. <c>confidenceLevel</c> is 0–100.
/// </summary>
internal static class HikvisionEvent
{
    private const string Root = "EventNotificationAlert";

    /// <returns>Null for a sign of life, which Hikvision sends as an event that is not active.</returns>
    public static CameraEvent? Read(EventPart xml, IReadOnlyList<EventPart> parts)
    {
        var alert = Parse(xml);
        if (alert.Name.LocalName != Root)
        {
            throw new InvalidDataException($"The XML begins with {alert.Name.LocalName}; it must be {Root}.");
        }

        var type = Value(alert, "eventType");
        if (!string.Equals(type, "ANPR", StringComparison.OrdinalIgnoreCase))
        {
            return string.Equals(Value(alert, "eventState"), "inactive", StringComparison.OrdinalIgnoreCase) || string.Equals(type, "heartBeat", StringComparison.OrdinalIgnoreCase)
                ? null
                : throw new InvalidDataException($"eventType is '{type}'; only ANPR is taken.");
        }

        var anpr = alert.Elements().FirstOrDefault(e => e.Name.LocalName == "ANPR") ?? throw new InvalidDataException("The XML has no element ANPR.");
        var plate = Value(anpr, "licensePlate") ?? throw new InvalidDataException("The element ANPR has no licensePlate.");
        return new CameraEvent(
            new CameraReading
            {
                Plate = EventFormat.Plate(plate, "licensePlate"),
                Confidence = EventFormat.Share(Value(anpr, "confidenceLevel"), "confidenceLevel"),
                Direction = EventFormat.Direction(Value(anpr, "direction")),
                SpeedKmh = EventFormat.Speed(Value(anpr, "speed") ?? Value(anpr, "vehicleSpeed")),
            },
            EventFormat.Time(Value(alert, "dateTime"), "dateTime"),
            EventFormat.Picture(parts));
    }

    private static XElement Parse(EventPart xml)
    {
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(xml.Text.ToArray()), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            return XElement.Load(reader);
        }
        catch (XmlException e)
        {
            throw new InvalidDataException($"The XML is not valid: {e.Message}", e);
        }
    }

    private static string? Value(XElement within, string name) => within.Descendants().FirstOrDefault(e => e.Name.LocalName == name)?.Value.Trim();
}
