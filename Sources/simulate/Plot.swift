// Coverage over time as a picture: of all pairs of a running node and a running member, the share in which the one
// sees the other; the middle run and the worst at each second.

import Simulator

enum Plot {
    private static let (width, height, margin) = (960.0, 320.0, 44.0)

    static func svg(_ results: [RunResult]) -> String {
        let seconds = results.map(\.coverage.count).max() ?? 0
        var middle: [Double] = []
        var worst: [Double] = []
        for second in 0..<seconds {
            let values = results.compactMap { second < $0.coverage.count ? $0.coverage[second] : nil }.sorted()
            middle.append(values[values.count / 2])
            worst.append(values[0])
        }
        let scale = (width - 2 * margin) / Double(max(1, seconds - 1))
        func line(_ values: [Double], _ colour: String) -> String {
            let points = values.enumerated().map { second, value in
                "\(round(margin + Double(second) * scale)),\(round(height - margin - value * (height - 2 * margin)))"
            }
            return
                "<polyline fill='none' stroke='\(colour)' stroke-width='1.5' points='\(points.joined(separator: " "))'/>"
        }
        let labels = [0.0, 0.25, 0.5, 0.75, 1].map { share in
            let y = round(height - margin - share * (height - 2 * margin))
            return "<line x1='\(margin)' x2='\(width - margin)' y1='\(y)' y2='\(y)' stroke='#ddd'/>"
                + "<text x='6' y='\(y + 4)'>\(Int(share * 100)) %</text>"
        }
        let ticks = stride(from: 0, to: max(1, seconds), by: max(30, seconds / 10 / 30 * 30)).map { second in
            "<text x='\(round(margin + Double(second) * scale))' y='\(height - 18)'>\(second) s</text>"
        }
        return """
            <svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 \(width) \(height)' font-family='sans-serif' font-size='12'>
            <rect width='100%' height='100%' fill='white'/>
            <text x='\(margin)' y='22'>who sees whom, \(results.count) runs: the middle one (blue) and the worst (red)</text>
            \((labels + ticks).joined(separator: "\n"))
            \(line(worst, "#c33"))
            \(line(middle, "#36c"))
            </svg>

            """
    }

    private static func round(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
