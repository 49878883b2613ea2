using System.Collections.Immutable;
using System.Globalization;

namespace VllmAdapter.Testing;

/// <summary>Turns a recorded response back into what goes over the wire.</summary>
internal static class RecordedReply
{
    public static WireReply Of(RecordedResponse response, bool atRecordedSpeed)
    {
        var head = new WireStep.Head(response.Status, [.. response.Headers.Select(header => Measured(header, response))]);
        var steps = ImmutableArray.CreateBuilder<WireStep>();

        // A stream's headers come at once, before the engine has done anything; a whole reply's come with its body.
        if (head.ContentLength is null)
            steps.AddRange(head, new WireStep.Admission());
        else
            steps.Add(new WireStep.Admission());

        TimeSpan sent = TimeSpan.Zero;
        foreach (RecordedPiece piece in response.Pieces)
        {
            if (atRecordedSpeed && piece.At > sent)
            {
                steps.Add(new WireStep.Pause(piece.At - sent));
                sent = piece.At;
            }

            if (!steps.Contains(head))
                steps.Add(head);
            if (!piece.Bytes.IsEmpty)
                steps.Add(new WireStep.Piece(piece.Bytes));
        }

        if (!steps.Contains(head))
            steps.Add(head);

        return new WireReply(steps.ToImmutable(), response.SocketEnd switch
        {
            SocketEnd.Timeout => WireEnding.Silent,
            SocketEnd.Reset => WireEnding.Reset,
            _ => response.BodyComplete ? WireEnding.Complete : WireEnding.Cut,
        });
    }

    // A recording may have been cleaned of names since: a body that was whole is announced as long as it is now.
    private static KeyValuePair<string, string> Measured(KeyValuePair<string, string> header, RecordedResponse response) =>
        response.BodyComplete && header.Key.Equals("content-length", StringComparison.OrdinalIgnoreCase)
            ? KeyValuePair.Create(header.Key, response.Pieces.Sum(piece => piece.Bytes.Length).ToString(CultureInfo.InvariantCulture))
            : header;
}
